import { accountParts } from '../domain/account-name.ts'
import type { Control } from '../ports/control.ts'
import type { GatewayView } from '../ports/control/gateway.ts'
import type {
  KillSwitchRequest,
  KillSwitchState,
  KillSwitchView,
} from '../ports/control/kill-switch.ts'
import type { PortfolioView } from '../ports/control/portfolio.ts'
import type { PositionView } from '../ports/control/positions.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { WhyView } from '../ports/control/why.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import { ProcessControl } from './process-control.ts'

/** From the least to the most that it stops. */
const STRICTNESS: readonly KillSwitchState[] = ['off', 'block', 'flatten', 'halt']

/** All accounts for a person who sees them at once: ids are `account/position`, the kill switch is that of every one. */
export class EverythingControl extends ProcessControl implements Control {
  override positions(): readonly PositionView[] {
    return super.positions().map(withAccount)
  }

  override position(id: string): PositionView | undefined {
    const view = super.position(id)
    return view && withAccount(view)
  }

  override why(id: string): WhyView | undefined {
    const view = super.why(id)
    return view && { ...view, position: withAccount(view.position) }
  }

  override async exit(id: string, by: Requester): Promise<PositionView> {
    return withAccount(await super.exit(id, by))
  }

  /** The strictest of all; held exits of all. */
  override killSwitch(): KillSwitchView {
    const all = this.switches()
    const [, strictest] = all.toSorted(
      ([, a], [, b]) => STRICTNESS.indexOf(b.state) - STRICTNESS.indexOf(a.state),
    )[0]!
    const held = all.flatMap(([name, view]) => view.held.map(id => `${name}/${id}`))
    return { ...strictest, held }
  }

  /** Moves the kill switch of every account; the first refusal is thrown once each has been tried. */
  override async setKillSwitch(request: KillSwitchRequest, by: Requester): Promise<KillSwitchView> {
    const moved = await Promise.allSettled(
      [...this.accounts.values()].map(each => each.setKillSwitch(request, by)),
    )
    const refused = moved.find(each => each.status === 'rejected')
    if (refused !== undefined) throw refused.reason
    return this.killSwitch()
  }

  /** The limits of all accounts, each with the name of its own in front. */
  override async portfolio(): Promise<PortfolioView> {
    const all = await Promise.all(
      [...this.accounts].map(async ([name, each]) => ({ name, view: await each.portfolio() })),
    )
    return {
      day: all[0]!.view.day,
      realised: all.flatMap(({ name, view }) =>
        view.realised.map(each => ({ ...each, account: each.account ?? name })),
      ),
      limits: all.flatMap(({ name, view }) =>
        view.limits.map(each => ({ ...each, name: `${name}/${each.name}` })),
      ),
    }
  }

  /** The breakers and limits of all accounts; groups and names begin with the name of the account. */
  override gateway(): GatewayView {
    const all = [...this.accounts].map(([name, each]) => ({ name, view: each.gateway() }))
    return {
      breakers: all.flatMap(({ name, view }) =>
        view.breakers.map(each => ({ ...each, group: `${name}/${each.group}` })),
      ),
      limits: all.flatMap(({ name, view }) =>
        view.limits.map(each => ({ ...each, name: `${name}/${each.name}` })),
      ),
      calls: all.flatMap(({ view }) => view.calls).toSorted((a, b) => a.at - b.at),
    }
  }

  override async journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    return (await super.journal(query)).map(line => {
      const { account, positionId } = line
      if (typeof account !== 'string' || positionId === undefined) return line
      return { ...line, positionId: `${accountParts(account).name}/${positionId}` }
    })
  }

  private switches(): (readonly [string, KillSwitchView])[] {
    return [...this.accounts].map(([name, each]) => [name, each.killSwitch()])
  }
}

const withAccount = (view: PositionView): PositionView => ({
  ...view,
  id: `${accountParts(view.account!).name}/${view.id}` as PositionView['id'],
})
