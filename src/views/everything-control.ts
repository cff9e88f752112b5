import { accountParts } from '../domain/account-name.ts'
import type { Control } from '../ports/control.ts'
import type { GatewayView } from '../ports/control/gateway.ts'
import {
  KILL_SWITCH_STATES,
  type KillSwitchRequest,
  type KillSwitchView,
} from '../ports/control/kill-switch.ts'
import type { PortfolioView } from '../ports/control/portfolio.ts'
import type {
  Added,
  AddRequest,
  Amendment,
  ChangedView,
  PositionView,
  RulesRequest,
} from '../ports/control/positions.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { WhyView } from '../ports/control/why.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { TradesPage, TradesQuery } from '../ports/trades.ts'
import { ProcessControl, type Found } from './process-control.ts'

/** All accounts in one view: ids are `account/position`, and the kill switch moves that of every account. */
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

  override async add(request: AddRequest, by: Requester): Promise<Added> {
    const { added, isNew } = await super.add(request, by)
    return { added: withAccount(added), isNew }
  }

  override async changeRules(
    id: string,
    request: RulesRequest,
    by: Requester,
  ): Promise<ChangedView> {
    return withAccount(await super.changeRules(id, request, by))
  }

  override async amend(id: string, request: Amendment, by: Requester): Promise<ChangedView> {
    return withAccount(await super.amend(id, request, by))
  }

  override async exit(id: string, by: Requester): Promise<PositionView> {
    return withAccount(await super.exit(id, by))
  }

  /** The strictest state of all accounts, with the held exits of all. */
  override killSwitch(): KillSwitchView {
    const all = this.switches()
    const [, strictest] = all.toSorted(
      ([, a], [, b]) => KILL_SWITCH_STATES.indexOf(b.state) - KILL_SWITCH_STATES.indexOf(a.state),
    )[0]!
    const held = all.flatMap(([name, view]) => view.held.map(id => `${name}/${id}`))
    return { ...strictest, held }
  }

  /**
   * Moves the kill switch of every account. HELD_EXITS of one of them moves none; otherwise each one is tried, then the
   * first refusal is thrown.
   */
  override async setKillSwitch(request: KillSwitchRequest, by: Requester): Promise<KillSwitchView> {
    for (const each of this.accounts.values()) each.assertHeldNamed(request)
    const moved = await Promise.allSettled(
      [...this.accounts.values()].map(each => each.setKillSwitch(request, by)),
    )
    const refused = moved.find(each => each.status === 'rejected')
    if (refused !== undefined) throw refused.reason
    return this.killSwitch()
  }

  /** The limits of all accounts; each name begins with that of its account. */
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

  /** Every id here begins with its account. */
  protected override meant(id: string): Found {
    return this.found(id)
  }

  override async trades({ positionId: id, ...query }: TradesQuery): Promise<TradesPage> {
    const { name: account, part: positionId } = accountParts(id ?? '')
    const isOfOne = positionId !== undefined && query.account === undefined
    const { trades, next } = await super.trades({
      ...query,
      ...(id !== undefined && { positionId: positionId ?? id }),
      ...(isOfOne && { account }),
    })
    return { trades: trades.map(withAccountOf), next }
  }

  override async journal({
    positionId: id,
    ...query
  }: JournalQuery): Promise<readonly JournalLine[]> {
    const { name, part } = accountParts(id ?? '')
    const ofId = id === undefined ? {} : { positionId: part ?? id }
    const lines = await super.journal({ ...query, ...ofId })
    const isWanted = ({ account }: JournalLine): boolean =>
      part === undefined || (typeof account === 'string' && accountParts(account).name === name)
    return lines.filter(isWanted).map(withAccountOf)
  }

  private switches(): (readonly [string, KillSwitchView])[] {
    return [...this.accounts].map(([name, each]) => [name, each.killSwitch()])
  }
}

const withAccount = <View extends PositionView>(view: View): View => ({
  ...view,
  id: `${accountParts(view.account!).name}/${view.id}` as PositionView['id'],
})

/** The same for a line or a trade; one without an account or a position stays as it is. */
function withAccountOf<Line extends { account?: unknown; positionId?: string | undefined }>(
  line: Line,
): Line {
  const { account, positionId } = line
  if (typeof account !== 'string' || positionId === undefined) return line
  return { ...line, positionId: `${accountParts(account).name}/${positionId}` }
}
