import type { PortfolioOptions } from '../actors/portfolio.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { ExitVenue, GatewayOptions } from '../engine/options.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { MassExitOptions } from '../exits/mass-exit.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { ExitFollower } from '../ports/telemetry.ts'
import type { Timers } from '../ports/timers.ts'
import type { Supervision } from '../resilience/supervision-policy.ts'
import type { RuleSet } from '../risk/rule.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import type { TakeBack } from './registration.ts'
import type { SendPermission } from './send-permission.ts'
import type { AccountRepository } from './state-writer-options.ts'
import type { AccountState } from './state.ts'
import type { TickPath } from './tick-path.ts'

/** A broker as an account uses it. */
export type Venue = ExitVenue &
  Partial<Pick<Broker, 'quotes'>> & {
    /** Called after each tick: orders may wait for the first price of an instrument. Absent: none does. */
    priced?: ((instrument: InstrumentId) => Promise<void> | undefined) | undefined
  }

/** Default age beyond which a price guards no position, ms. */
export const STALE_MS = 30_000

/** Faults that chaos injects into an account. */
export interface ChaosHooks {
  /** Called before each message of a monitor; may throw. */
  beforeMonitor(watched: WatchedPosition): void
  /** Returns the same rules, which may throw. */
  rules(set: RuleSet): RuleSet
}

export interface AccountOptions {
  /** The state of the account, including that of an earlier process. */
  readonly state: AccountState
  readonly keeper: Pick<AccountRepository, 'keep'>
  readonly permission: SendPermission
  readonly venue: Venue
  /** The path of its ticks; accounts of one feed share it. The venue may read its prices. */
  readonly tickPath: TickPath
  readonly clock: Clock
  readonly callTimeoutMs: number
  /** Default `guard`; `observe` sends nothing. */
  readonly mode?: 'guard' | 'observe'
  readonly instruments?: InstrumentTable
  readonly portfolio?: PortfolioOptions
  readonly massExit?: MassExitOptions | undefined
  readonly exits?: GatewayOptions['exits']
  readonly adopt?: GatewayOptions['adopt']
  readonly reconcileMs?: number | undefined
  /** Whether, with an empty store, nothing is sent before a person has confirmed the holdings. */
  readonly confirmsHoldings?: boolean
  /** Why the store may be older than the account; undefined: it is not. */
  readonly doubt?: string | undefined
  /** Called with each step of an exit. */
  readonly followers?: readonly ExitFollower[]
  readonly supervision?: Supervision | undefined
  /** Set where chaos injects faults. */
  readonly chaos?: ChaosHooks | undefined
  readonly timers: Timers
  readonly random?: () => number
  /**
   * Age limit of a price, ms; default 30 s. A younger price is tested as soon as a position is added; an older one
   * guards no position.
   */
  readonly staleMs?: number
  /**
   * Time between two cycles beyond which the process has paused and no position was guarded, ms; default: none is
   * a pause.
   */
  readonly pauseMs?: number
  /** An `openedAt` that is ahead of the clock by at most this counts as now, ms; default 0. */
  readonly skewMs?: number
  /** Awaited before a new position is registered: a paper account must hold it first. */
  readonly beforeGuard?: (registered: Registered) => Promise<TakeBack> | Promise<void>
  /** Awaited before a position owns `more` units: a paper account must hold them first. */
  readonly beforeGrowth?: (registered: Registered, more: number) => Promise<void>
  /** Called with each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Called when the store begins to refuse writes, and with undefined when it takes them again. */
  readonly onTrouble?: (error: WatchkeeperError | undefined) => void
  /** Called when a part has ended that the account cannot run without. */
  readonly onFatal: (error: WatchkeeperError) => void
}
