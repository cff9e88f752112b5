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
import type { Ticks } from './ticks.ts'

/** A broker with an account of its own. */
export type Venue = ExitVenue &
  Partial<Pick<Broker, 'quotes'>> & {
    /** Called after each tick: orders may wait for the first price of an instrument. Absent: none does. */
    priced?: ((instrument: InstrumentId) => Promise<void> | undefined) | undefined
  }

/** Age beyond which a price guards nothing, where nothing else is said, ms. */
export const STALE_MS = 30_000

/** What goes wrong on purpose inside an account. */
export interface ChaosHooks {
  /** Called before each message of a monitor; may throw. */
  beforeMonitor(watched: WatchedPosition): void
  /** The same rules, which may throw. */
  rules(set: RuleSet): RuleSet
}

export interface AccountOptions {
  /** What is known of the account, with what an earlier process left. */
  readonly state: AccountState
  readonly keeper: Pick<AccountRepository, 'keep'>
  readonly permission: SendPermission
  readonly venue: Venue
  /** The way of its ticks; accounts of one feed share it. The venue may read its prices. */
  readonly prices: Ticks
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
  /** With an empty store nothing is sent before a person has confirmed what the account holds. */
  readonly confirmsHoldings?: boolean
  /** Why the store may be older than the account, if it may. */
  readonly doubt?: string | undefined
  /** Called with each step of an exit. */
  readonly followers?: readonly ExitFollower[]
  readonly supervision?: Supervision | undefined
  /** Set where things are to go wrong on purpose. */
  readonly chaos?: ChaosHooks | undefined
  readonly timers: Timers
  readonly random?: () => number
  /** A younger price is tested as soon as a position comes, an older one guards no position, ms; default 30 s. */
  readonly staleMs?: number
  /** A longer time between two cycles was a pause, in which no position was guarded, ms; default: none is. */
  readonly pauseMs?: number
  /** An `openedAt` that is ahead of the clock by at most this is taken for now, ms; default 0. */
  readonly skewMs?: number
  /** Awaited before a new position is registered: its account must hold it. */
  readonly beforeGuard?: (registered: Registered) => Promise<TakeBack> | Promise<void>
  /** Awaited before a position owns `more` units: a simulated account must hold them. */
  readonly beforeGrowth?: (registered: Registered, more: number) => Promise<void>
  /** Called with each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Called when the store begins to refuse writes, and with undefined when it takes them again. */
  readonly onTrouble?: (error: WatchkeeperError | undefined) => void
  /** Something that the service cannot go on without has ended. */
  readonly onFatal: (error: WatchkeeperError) => void
}
