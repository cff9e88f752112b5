import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position, PositionState } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { ActorView } from './supervision.ts'
import type { TradesPage, TradesQuery } from './trades.ts'

/** What http and the command line may ask of a running service, and nothing else. */
export interface Control {
  /** Release of watchkeeper. */
  readonly version: string
  /** What the config says of instruments. */
  readonly instruments: InstrumentTable
  /** What is odd about positions and rules is refused. */
  readonly isStrict: boolean
  /** A health snapshot that is older than this says that health is not evaluated any more, ms. */
  readonly healthMaxAgeMs: number
  /** Age of the last health snapshot by the clock that nothing sets, ms. */
  healthAgeMs(): number
  /** The last health snapshot; making one is not this call's work. */
  health(): HealthSnapshot
  /** Whether the service is recovered and takes requests that change something. */
  readiness(): Readiness
  positions(): readonly PositionView[]
  /** Ids of the positions that are open, without reading any of them. */
  openIds(): Iterable<string>
  position(id: string): PositionView | undefined
  /** What each rule of a position would do and why; undefined for an unknown id. */
  why(id: string): WhyView | undefined
  /**
   * Takes a position under guard; it is durable, and guarded, when the promise resolves. Throws
   * WatchkeeperError: POSITION_EXISTS, POSITION_CLOSED, OPENS_LATER, WRONG_SIDE, ACCOUNT_MIXED, EXITS_AT_ONCE.
   */
  add(request: AddRequest, by: Requester): Promise<AddedView>
  /** Throws POSITION_UNKNOWN, LOOSENS, EXITS_AT_ONCE; InputError for null where there is no rule. */
  changeRules(id: string, request: RulesRequest, by: Requester): Promise<ChangedView>
  /** What the same change would do; changes nothing. Throws POSITION_UNKNOWN, EXITS_AT_ONCE. */
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
  cycleMetrics(): Readonly<Record<string, unknown>>
  /** Forgets them, and gives what they were. */
  resetMetrics(by: Requester): Readonly<Record<string, unknown>>
  /** How long operations take, the slowest cycles, and how that compares with the past. */
  report(): Readonly<Record<string, unknown>>
  /** How calls to the broker fare. */
  gateway(): GatewayView
  /** Moves a breaker by hand. Throws InputError for an unknown group or act. */
  moveBreaker(group: string, act: string, by: Requester): GatewayView
  /** Says that the account holds what it should: from then on orders may leave. */
  confirmHoldings(by: Requester): Promise<void>
  /** The actors that exist once, then at most `limit` monitors, those in trouble first. */
  supervisionTree(limit: number): readonly ActorView[]
  /** Replaces an actor by a new incarnation. Throws ACTOR_UNKNOWN. */
  restartActor(id: string, by: Requester): Promise<ActorView>
  /** Log levels in force, by component. */
  logLevels(): Readonly<Record<string, string>>
  /** Throws InputError for an unknown component or level. */
  setLogLevel(component: string, level: string, by: Requester): void
  /** Journal lines with a sequence number above `after`, oldest first, at most `limit`. */
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  /** Positions that are over, the last one first: price, reason and profit of each. */
  trades(query: TradesQuery): Promise<TradesPage>
  /** All that is kept, as the text of a backup. */
  backup(): AsyncIterable<string>
}

/** `text`: of Prometheus, version 0.0.4. `openmetrics`: version 1.0.0. */
export type MetricsFormat = 'text' | 'openmetrics'

/** Who asks for a change, and from where, for the journal. */
export interface Requester {
  readonly who: string
  /** Address, or `cli`. */
  readonly from: string
}

export type HealthStatus = 'pass' | 'warn' | 'fail'

/** One measured thing, as application/health+json has it. */
export interface HealthCheck {
  readonly componentType: string
  readonly observedValue: number | string | boolean
  readonly observedUnit?: string
  readonly status: HealthStatus
  /** ISO 8601. */
  readonly time: string
  readonly output?: string
}

export interface HealthSnapshot {
  readonly status: HealthStatus
  /** Epoch ms. */
  readonly at: number
  /** When the status became what it is, epoch ms; absent where one snapshot stands alone. */
  readonly since?: number
  /** Why it is not `pass`, most serious first; at most 20. */
  readonly output: readonly string[]
  /** By `component:measurement`. */
  readonly checks: Readonly<Record<string, readonly HealthCheck[]>>
}

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly why: string }

export interface PositionView extends Position {
  readonly state: PositionState
  /** Why no rule can act on it now, as in UNGUARDED_CAUSES; absent while one can. */
  readonly unguardedBy?: string
  /** Time without a guard in this process, and before it while no process was there, ms. */
  readonly unguardedMs: number
  readonly rules: Readonly<Record<string, unknown>>
  readonly best: number
  readonly stop: number | null
  readonly target: number | null
  /** Last price in the position's view, and its age; null before the first tick. */
  readonly lastPrice: number | null
  readonly priceAgeMs: number | null
  /** Prices of its instrument are multiples of it, where the configuration says so. */
  readonly tickSize?: number
  readonly reason?: ExitReason
}

/** A position that was added. */
export interface AddedView extends PositionView {
  /** What is odd about it, one line each. */
  readonly warnings: readonly string[]
}

/** A position after a change of its rules. */
export interface ChangedView extends PositionView {
  /** What became of each rule that changed. */
  readonly changes: readonly RuleChangeView[]
  /** What is odd about the new rules, one line each. */
  readonly warnings: readonly string[]
}

/** What a change of rules would do; stop and target as they would be in force. */
export interface RulesPreview {
  readonly changes: readonly RuleChangeView[]
  readonly stop: number | null
  readonly target: number | null
  readonly warnings: readonly string[]
}

/** What became of one rule. */
export interface RuleChangeView {
  readonly rule: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Why the position could be exited later than before; absent: it cannot. */
  readonly loosens?: string
}

export interface WhyView {
  readonly position: PositionView
  /** One line a rule, as `explain` gives them. */
  readonly rules: readonly Readonly<Record<string, unknown>>[]
  /** How far its exit has come, where one was decided. */
  readonly exit?: ExitView
}

/** An exit, with everything that happened to it. */
export interface ExitView {
  readonly state: string
  readonly attempt: number
  readonly clientOrderId: string
  /** Units to close in all, and those that are executed. */
  readonly quantity: number
  readonly executed: number
  readonly rejections: number
  /** Oldest first; of a long history the middle is left out. */
  readonly steps: readonly {
    /** Epoch ms. */
    readonly at: number
    readonly attempt: number
    readonly what: string
  }[]
}

/** A position to be guarded, validated; `rules` are the options its rule set was made from. */
export interface AddRequest {
  /** Without `openedAt` it opens when it is added. */
  readonly position: Omit<Position, 'openedAt'> & { readonly openedAt: number | undefined }
  readonly rules: Readonly<Record<string, unknown>>
  /** Guard it even if a rule would exit it at once. */
  readonly exitNow: boolean
  /** Its `openedAt` lies ahead of the clock on purpose. */
  readonly opensLater: boolean
  /** Its id may be that of a position which is over. */
  readonly reopen: boolean
  /** What is odd about it, one line each: it stands in the answer. */
  readonly warnings?: readonly string[]
}

export interface RulesRequest {
  /** Options by rule; null takes a rule away, a rule that is not named stays as it is. */
  readonly rules: Readonly<Record<string, unknown>>
  /** The rules replace all present ones: what they do not name goes. */
  readonly isWhole?: boolean
  /** Apply rules that are looser than those in force. */
  readonly force: boolean
  readonly exitNow: boolean
  /** What is odd about them, one line each: it stands in the answer. */
  readonly warnings?: readonly string[]
}

export type KillSwitchState = 'off' | 'block' | 'flatten' | 'halt'

/** Two clocks: they differ while a jump of the machine's wall clock is not followed. */
export interface ClockView {
  /** What the service goes by, epoch ms. */
  readonly now: number
  /** What the machine's wall clock says, epoch ms. */
  readonly machine: number
  /** Jumps since the start of the process. */
  readonly jumps: number
  readonly pending: {
    /** + forward, ms. */
    readonly movedMs: number
    readonly forMs: number
    /** Too large to be followed unless a person accepts it. */
    readonly needsPerson: boolean
  } | null
}

export interface KillSwitchView {
  readonly state: KillSwitchState
  /** Epoch ms of the last change; null if there was none. */
  readonly since: number | null
  readonly by: Requester | null
  /** Exits that `halt` holds back. */
  readonly held: readonly string[]
}

export interface KillSwitchRequest {
  readonly state: KillSwitchState
  /** What becomes of held exits when `halt` ends. */
  readonly held?: 'send' | 'discard'
}

/** A profit (> 0) or loss (< 0) in money, and what it belongs to. */
export interface RealisedReport {
  readonly amount: number
  readonly account?: string
  readonly underlying?: string
  readonly currency?: string
}

/** Where one limit stands. Money. */
export interface LimitView {
  readonly name: string
  readonly maxLoss: number
  readonly warnAtPct: number
  readonly account: string | null
  readonly underlying: string | null
  readonly currency: string | null
  readonly realised: number
  readonly unrealised: number
  /** What counts against `maxLoss`; negative is a profit. */
  readonly loss: number
  /** Epoch ms at which it was reached; null where it was not. */
  readonly trippedAt: number | null
}

export interface PortfolioView {
  /** Start and end of the trading day, epoch ms. */
  readonly day: { readonly from: number; readonly until: number }
  readonly realised: readonly RealisedReport[]
  readonly limits: readonly LimitView[]
}

/** How calls to the broker fare. Times are epoch ms. */
export interface GatewayView {
  readonly breakers: readonly {
    readonly group: string
    readonly state: string
    /** When a call may be tried again, ms from now; null when only a person ends it. */
    readonly retryInMs: number | null
    readonly refused: number
    readonly transitions: readonly {
      readonly from: string
      readonly to: string
      readonly at: number
      readonly cause: string
    }[]
  }[]
  readonly limits: readonly {
    readonly name: string
    readonly groups: readonly string[]
    /** Calls a second. */
    readonly rate: number
    readonly intervalMs: number
    readonly ceilings: {
      readonly perSecond: number | null
      readonly perMinute: number | null
      readonly perDay: number | null
    }
    readonly cuts: readonly {
      readonly at: number
      readonly from: number
      readonly to: number
      readonly reason: string
    }[]
    readonly inFlight: number
    readonly lanes: readonly {
      readonly lane: string
      readonly depth: number
      readonly oldestWaitMs: number
      readonly dropped: number
    }[]
  }[]
  /** The last calls, oldest first. */
  readonly calls: readonly {
    readonly at: number
    readonly group: string
    readonly operation: string
    readonly ms: number
    readonly outcome: string
  }[]
}

export interface JournalQuery {
  readonly after: number
  readonly limit: number
  /** Instead of the first `limit` lines the last so many, still oldest first. */
  readonly last?: number
  /** Only lines with a lower number. */
  readonly before?: number
  readonly positionId?: string
}

export interface JournalLine {
  /** From 1, without gaps. */
  readonly seq: number
  /** Epoch ms. */
  readonly at: number
  readonly kind: string
  readonly positionId?: string
  readonly [detail: string]: unknown
}
