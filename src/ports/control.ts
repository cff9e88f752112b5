import type { InstrumentTable } from '../domain/instrument.ts'
import type { ClockView } from './control/clock.ts'
import type { GatewayView } from './control/gateway.ts'
import type { HealthSnapshot, Readiness } from './control/health.ts'
import type { HoldingsView } from './control/holdings.ts'
import type { KillSwitchRequest, KillSwitchView } from './control/kill-switch.ts'
import type { CycleMetricsReport, PerformanceReport } from './control/performance.ts'
import type { PortfolioView, RealisedReport } from './control/portfolio.ts'
import type {
  Added,
  AddRequest,
  Amendment,
  ChangedView,
  PositionView,
  RulesPreview,
  RulesRequest,
} from './control/positions.ts'
import type { Requester } from './control/requester.ts'
import type { WhyView } from './control/why.ts'
import type { JournalKind } from './journal-kinds.ts'
import type { JournalLine, JournalQuery } from './journal-lines.ts'
import type { LogComponent, LogLevel } from './log.ts'
import type { ActorView } from './supervision.ts'
import type { TradesPage, TradesQuery } from './trades.ts'

/** What http and the command line may ask of a running service, and nothing else. */
export interface Control {
  /** The control of each account by its name; absent where the configuration names none. */
  readonly accounts?: ReadonlyMap<string, Control>
  /**
   * The same for a person who sees all accounts at once: ids are `account/position`, and the kill switch is that
   * of every account. Absent where there is one account.
   */
  readonly everything?: Control
  /** Release of watchkeeper. */
  readonly version: string
  /** What the config says of instruments. */
  readonly instruments: InstrumentTable
  /** What is odd about positions and rules is refused. */
  readonly isStrict: boolean
  /** Named rule sets of the positions file: the options of each. */
  readonly ruleSets: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** A health snapshot that is older than this says that health is not evaluated any more, ms. */
  readonly healthMaxAgeMs: number
  /** Age of the last health snapshot by the clock that nothing sets, ms. */
  healthAgeMs(): number
  /** The last health snapshot; making one is not this call's work. */
  health(): HealthSnapshot
  /** Health that knows what the journal says, made in slices; absent: `health` is as fresh. */
  freshHealth?(): Promise<HealthSnapshot>
  /** Whether the service is recovered and takes requests that change something. */
  readiness(): Readiness
  positions(): readonly PositionView[]
  /** Ids of the positions that are open, without reading any of them. */
  openIds(): Iterable<string>
  position(id: string): PositionView | undefined
  /** What each rule of a position would do and why; undefined for an unknown id. */
  why(id: string): WhyView | undefined
  /**
   * Takes a position under guard; it is durable, and guarded, when the promise resolves. One that is guarded
   * with the same content is given as it is. Throws WatchkeeperError: POSITION_EXISTS, POSITION_CLOSED, OPENS_LATER, WRONG_SIDE, ACCOUNT_MIXED, EXITS_AT_ONCE.
   */
  add(request: AddRequest, by: Requester): Promise<Added>
  /** Throws POSITION_UNKNOWN, EXIT_RUNNING, ACTOR_DOWN, LOOSENS, EXITS_AT_ONCE; InputError for null where there is no rule. */
  changeRules(id: string, request: RulesRequest, by: Requester): Promise<ChangedView>
  /**
   * Sets quantity and entry price of a position, which keeps its best price and its generation. Throws
   * POSITION_UNKNOWN, EXIT_RUNNING, ACTOR_DOWN, LOOSENS, EXITS_AT_ONCE.
   */
  amend(id: string, request: Amendment, by: Requester): Promise<ChangedView>
  /** What the same change would do; changes nothing. Throws POSITION_UNKNOWN, EXIT_RUNNING, ACTOR_DOWN, EXITS_AT_ONCE. */
  previewRules(id: string, request: RulesRequest): RulesPreview
  /** Stops guarding; the broker's position stays. Throws POSITION_UNKNOWN. */
  release(id: string, by: Requester): Promise<void>
  /** Exits at market, reason `manual`. Resolves when the intent is durable. Throws POSITION_UNKNOWN. */
  exit(id: string, by: Requester): Promise<PositionView>
  killSwitch(): KillSwitchView
  /** The clock that the service goes by, and a jump of the machine's clock that it does not follow yet. */
  clock(): ClockView
  /** A person says that the machine's clock is right: it is followed at once. */
  acceptClock(by: Requester): ClockView
  /** Resolves when the new state is durable. Throws HELD_EXITS when leaving halt needs `held`. */
  setKillSwitch(request: KillSwitchRequest, by: Requester): Promise<KillSwitchView>
  /** The trading day's profits and losses, and where each limit stands. */
  portfolio(): Promise<PortfolioView>
  /** Counts a profit or loss that was realised outside the service; resolves when it is durable. */
  reportRealised(report: RealisedReport, by: Requester): Promise<PortfolioView>
  /** Puts the loss behind a limit. Throws LIMIT_UNKNOWN. */
  resetLimit(name: string, by: Requester): Promise<PortfolioView>
  /** The figures for a scrape. */
  metrics(format: MetricsFormat): Promise<string>
  /** What the monitoring cycles have done since the last reset. */
  cycleMetrics(): CycleMetricsReport
  /** Forgets them, and gives what they were. */
  resetMetrics(by: Requester): CycleMetricsReport
  /** How long operations take, the slowest cycles, and how that compares with the past. */
  report(): PerformanceReport
  /** How calls to the broker fare. */
  gateway(): GatewayView
  /** Moves a breaker by hand. Throws InputError for an unknown group or act. */
  moveBreaker(group: string, act: string, by: Requester): GatewayView
  /** What the venue holds against what the positions say, and the exits that wait for a confirmation. */
  holdings(): Promise<HoldingsView>
  /** Says that the account holds what it should: from then on orders may leave. */
  confirmHoldings(by: Requester): Promise<void>
  /** The actors that exist once, then at most `limit` monitors, those in trouble first. */
  supervisionTree(limit: number): readonly ActorView[]
  /** Replaces an actor by a new incarnation. Throws ACTOR_UNKNOWN. */
  restartActor(id: string, by: Requester): Promise<ActorView>
  /** Log levels in force, by component. */
  logLevels(): Readonly<Record<string, string>>
  setLogLevel(component: LogComponent, level: LogLevel, by: Requester): void
  /** Journal lines with a sequence number above `after`, oldest first, at most `limit`. */
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  /** The same of all accounts, where `journal` gives those of one alone. */
  everyLine?(query: JournalQuery): Promise<readonly JournalLine[]>
  /** Positions that are over, the last one first: price, reason and profit of each. */
  trades(query: TradesQuery): Promise<TradesPage>
  /** Writes a line of the journal; it is durable when the promise resolves. */
  record(kind: JournalKind, detail: Readonly<Record<string, unknown>>): Promise<void>
  /** Writes a line of the journal soon; a store that cannot be written delays nothing. */
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  /** All that is kept, as the text of a backup. */
  backup(): AsyncIterable<string>
}

/** `text`: of Prometheus, version 0.0.4. `openmetrics`: version 1.0.0. */
export type MetricsFormat = 'text' | 'openmetrics'
