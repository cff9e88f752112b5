import type { PositionState } from '../domain/position.ts'
import type { ClockReading } from '../domain/venue-facts.ts'
import type { LostFolder, StoreStatus } from '../ports/store.ts'
import type { AccountFacts } from './account-checks.ts'
import type { Trouble } from './checks.ts'
import type { ExitableFacts } from './exitable-checks.ts'
import type { NetFacts } from './net-checks.ts'

/** Findings of a monitoring cycle; health is derived from nothing else. */
export interface HealthFacts {
  /** Epoch ms. */
  readonly now: number
  readonly startedAt: number
  readonly isRunning: boolean
  readonly actors: { readonly alive: number; readonly expected: number; readonly restarts: number }
  /** Open positions by their state: each is counted once. */
  readonly positions: Readonly<Record<PositionState, number>>
  /** Unguarded time in this process, summed over all positions, ms. */
  readonly unguardedMs?: number
  /**
   * Unguarded positions that count as failures: an old price is left out, a first price has a grace
   * period.
   */
  readonly unguarded: readonly Trouble[]
  /** Positions of the file that are not guarded. */
  readonly refusedEntries?: readonly Trouble[]
  /** Actors that exist once and are in restart backoff or quarantined. */
  readonly downActors?: readonly Trouble[]
  /** Positions whose rules are not evaluated: the caretaker holds their last levels. */
  readonly quarantined?: readonly Trouble[]
  /** Positions with a rule that throws, and those where it has thrown too often. */
  readonly ruleErrors?: readonly Trouble[]
  readonly failingRules?: readonly Trouble[]
  /** Exits that wait longer than allowed. */
  readonly overdueExits: readonly Trouble[]
  /** Instruments whose price is older than allowed. */
  readonly stalePrices: readonly Trouble[]
  /** Instruments that rules compare and that never had a price. */
  readonly unpriced?: readonly Trouble[]
  readonly killSwitch: string
  /** Errors of the store since its last write that went well. */
  readonly storeErrors: number
  /** Undefined where it is unknown. */
  readonly store?: StoreStatus
  /** Folders besides the store's that were deleted or replaced while they are in use. */
  readonly lostFolders?: readonly LostFolder[]
  /** Errors of calls to the broker since the start. */
  readonly brokerErrors: number
  readonly badTicks: number
  /** The broker refused the credentials of the last call. */
  readonly unauthorized?: readonly Trouble[]
  /** Breakers that are not closed, and throttles far below what the venue has allowed. */
  readonly openBreakers?: readonly Trouble[]
  readonly slowThrottles?: readonly Trouble[]
  /** Connections to Redis that are down or refused something. */
  readonly redisTroubles?: readonly Trouble[]
  /** The account is not as configured; undefined: it is not at a venue that says. */
  readonly modeTroubles?: readonly Trouble[] | undefined
  /** Positions with a multiplier other than the venue lists; undefined: the account is not at a venue. */
  readonly multiplierTroubles?: readonly Trouble[] | undefined
  /** The key of the account may withdraw; undefined: the account is not at a venue that says. */
  readonly withdrawalTroubles?: readonly Trouble[] | undefined
  /** Streams of a venue that are down or refused something; undefined: none is used. */
  readonly streamTroubles?: readonly Trouble[] | undefined
  /** Why the stream of the account is down; undefined: it has none. */
  readonly accountStreamTroubles?: readonly Trouble[] | undefined
  /** Bots that hooks belong to, as far as something is wrong; absent: none has an API. */
  readonly hookTroubles?: readonly Trouble[] | undefined
  /** Advisors that do not run; absent: none is configured. */
  readonly advisorTroubles?: readonly Trouble[] | undefined
  /** Delay of timers (p99 of the last minute), ms, and the threshold from which it is reported. */
  readonly loopDelayMs?: number
  readonly slowLoopMs?: number
  readonly mode: 'guard' | 'observe'
  /** Daily loss limits that are reached, and that have come near. */
  readonly trippedLimits: readonly Trouble[]
  readonly nearLimits: readonly Trouble[]
  /** Why the account was stopped while others of the process are guarded; undefined: it was not. */
  readonly stoppedAccount?: string | undefined
  /** Chaos injects faults. */
  readonly isChaosOn?: boolean
  /** How often the wall clock was set within the last hour. */
  readonly clockJumps: number
  /** A jump of the wall clock that the service does not follow yet. */
  readonly clockPending?:
    | { readonly movedMs: number; readonly forMs: number; readonly needsPerson: boolean }
    | undefined
  /** The broker's clock against this machine's; undefined: not known. */
  readonly brokerClock?: ClockReading | undefined
  /** Instruments with a jump that no second price has confirmed yet. */
  readonly unconfirmedPrices: readonly Trouble[]
  /** Instruments with a price although their market is closed. */
  readonly pricesOutsideHours: readonly Trouble[]
  /** Instruments whose last price has a time ahead of the clock. */
  readonly pricesAhead?: readonly Trouble[]
  /** Channels that accept no messages, and a crash loop. */
  readonly news?: {
    readonly undelivered: readonly Trouble[]
    /** Channels whose commands cannot be read. */
    readonly commands?: readonly Trouble[]
    readonly crashLoop: string | undefined
  }
  /** Whether exits could be carried out; undefined: it is not evaluated. */
  readonly exitable?: ExitableFacts | undefined
  readonly nets?: NetFacts | undefined
  /** Undefined where there is no account to check. */
  readonly account?: AccountFacts
}
