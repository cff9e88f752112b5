import { accountParts } from '../domain/account-name.ts'
import { expectedWord } from '../domain/closest-name.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'
import type { GatewayView } from '../ports/control/gateway.ts'
import type { HoldingsView } from '../ports/control/holdings.ts'
import type { KillSwitchRequest, KillSwitchView } from '../ports/control/kill-switch.ts'
import type { PortfolioView, RealisedReport } from '../ports/control/portfolio.ts'
import type {
  Added,
  AddRequest,
  Amendment,
  ChangedView,
  PositionView,
  RulesPreview,
  RulesRequest,
} from '../ports/control/positions.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { WhyView } from '../ports/control/why.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { ActorView } from '../ports/supervision.ts'
import type { TradesPage, TradesQuery } from '../ports/trades.ts'
import type { AccountControl } from './control.ts'
import { SharedControl } from './shared-control.ts'
import { tradesOf } from './trades.ts'

/** A position of one account, found by its name `account/id`. */
export interface Found {
  readonly control: AccountControl
  readonly id: string
}

/**
 * The control of a process with several accounts. Lists show all accounts; a request about one account needs its
 * name, and a position is `account/id`.
 */
export class ProcessControl extends SharedControl implements Control {
  positions(): readonly PositionView[] {
    return [...this.accounts.values()].flatMap(each => each.positions())
  }

  *openIds(): Iterable<string> {
    for (const [name, each] of this.accounts) for (const id of each.openIds()) yield `${name}/${id}`
  }

  position(id: string): PositionView | undefined {
    const found = this.found(id)
    return found.control.position(found.id)
  }

  why(id: string): WhyView | undefined {
    const found = this.meant(id)
    return found.control.why(found.id)
  }

  add(request: AddRequest, by: Requester): Promise<Added> {
    const { account = '', ...position } = request.position
    const { name, part } = accountParts(account)
    const control = this.accounts.get(name)
    if (control === undefined) throw account === '' ? this.required() : this.unknown(name)
    const own = { ...position, ...(part !== undefined && { account: part }) }
    return control.add({ ...request, position: own }, by)
  }

  changeRules(id: string, request: RulesRequest, by: Requester): Promise<ChangedView> {
    const found = this.meant(id)
    return found.control.changeRules(found.id, request, by)
  }

  amend(id: string, request: Amendment, by: Requester): Promise<ChangedView> {
    const found = this.meant(id)
    return found.control.amend(found.id, request, by)
  }

  previewRules(id: string, request: RulesRequest): RulesPreview {
    const found = this.meant(id)
    return found.control.previewRules(found.id, request)
  }

  release(id: string, by: Requester): Promise<void> {
    const found = this.meant(id)
    return found.control.release(found.id, by)
  }

  exit(id: string, by: Requester): Promise<PositionView> {
    const found = this.meant(id)
    return found.control.exit(found.id, by)
  }

  killSwitch(): KillSwitchView {
    throw this.required()
  }

  setKillSwitch(_request: KillSwitchRequest, _by: Requester): Promise<KillSwitchView> {
    throw this.required()
  }

  portfolio(): Promise<PortfolioView> {
    throw this.required()
  }

  reportRealised(_report: RealisedReport, _by: Requester): Promise<PortfolioView> {
    throw this.required()
  }

  resetLimit(_name: string, _by: Requester): Promise<PortfolioView> {
    throw this.required()
  }

  gateway(): GatewayView {
    throw this.required()
  }

  moveBreaker(_group: string, _act: string, _by: Requester): GatewayView {
    throw this.required()
  }

  holdings(): Promise<HoldingsView> {
    throw this.required()
  }

  confirmHoldings(_by: Requester): Promise<void> {
    throw this.required()
  }

  /** Actors of all accounts; their ids begin with the name of the account. */
  supervisionTree(limit: number): readonly ActorView[] {
    return [...this.accounts].flatMap(([name, each]) =>
      each.supervisionTree(limit).map(actor => ({ ...actor, id: `${name}/${actor.id}` })),
    )
  }

  async restartActor(id: string, by: Requester): Promise<ActorView> {
    const found = this.found(id)
    const actor = await found.control.restartActor(found.id, by)
    return { ...actor, id }
  }

  /** Throws ACCOUNT_UNKNOWN where neither the configuration nor the store has `account`. */
  async trades(query: TradesQuery): Promise<TradesPage> {
    if (query.account !== undefined) {
      const { name } = accountParts(query.account)
      if (!this.accounts.has(name) && !this.deps.store.knows(name)) throw this.unknown(name)
    }
    const found = this.prefixed(query.positionId)
    if (found !== undefined) return found.control.trades({ ...query, positionId: found.id })
    return tradesOf(each => this.deps.store.journal(each), query)
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    const found = this.prefixed(query.positionId)
    if (found !== undefined) return found.control.journal({ ...query, positionId: found.id })
    return this.deps.store.journal(query)
  }

  /** The position that `account/id` names; undefined for an id without an account, which is that of every account. */
  private prefixed(id: string | undefined): Found | undefined {
    const { name, part } = accountParts(id ?? '')
    const control = this.accounts.get(name)
    return control === undefined || part === undefined ? undefined : { control, id: part }
  }

  /** The account that an id begins with. @throws WatchkeeperError ACCOUNT_REQUIRED for an id without one. */
  protected found(id: string): Found {
    const found = this.prefixed(id)
    if (found === undefined) throw this.required()
    return found
  }

  /**
   * The position that a request is about: `bolt/p1` is p1 of bolt, unless another account has a position whose own id
   * is that text.
   *
   * @throws WatchkeeperError ACCOUNT_REQUIRED for an id without an account, or with two meanings.
   */
  protected meant(id: string): Found {
    const found = this.found(id)
    const others = [...this.accounts].filter(([, each]) => each.position(id) !== undefined)
    if (others.length === 0) return found
    const { name, part } = accountParts(id)
    const own = others.map(([other]) => other)
    const text = `${JSON.stringify(id)} is the position ${part!} of ${name} and a position of ${own.join(', ')}`
    throw new WatchkeeperError('ACCOUNT_REQUIRED', `${text}: name one account of them`)
  }

  private required(): WatchkeeperError {
    const text = `this service guards several accounts: name one of ${this.names}`
    return new WatchkeeperError('ACCOUNT_REQUIRED', text)
  }

  private unknown(name: string): WatchkeeperError {
    const expected = expectedWord(name, [...this.accounts.keys()])
    const text = `no account ${JSON.stringify(name)}: expected ${expected}`
    return new WatchkeeperError('ACCOUNT_UNKNOWN', text)
  }

  private get names(): string {
    return [...this.accounts.keys()].join(', ')
  }
}
