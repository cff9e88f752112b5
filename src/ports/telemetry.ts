import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ExitOrder, Fill } from '../domain/order.ts'
import type { ExitOutcome } from '../domain/reason.ts'

/** Calls that are counted where they are made, and belong to the monitoring cycle that ends next. */
export type CycleCount = 'redisFetches' | 'storeQueries' | 'apiCalls'

/** Where adapters and actors report what they do. Never throws, never waits. */
export interface Telemetry {
  count(name: CycleCount, by?: number): void
}

/** Counts of an account's events, by name. */
export interface EventCounts {
  /** @param name - `exits.<reason>` or `errors.<code>`. */
  incrementMetric(name: string, by?: number): void
}

/** What an account reports about its own work. */
export interface AccountTelemetry {
  readonly cycles: EventCounts
}

/** Measures the phases of a cycle. */
export interface PhaseMeter {
  /** Runs a part of the cycle and gives what it gives. */
  phase<T>(name: string, part: () => T): T
}

/** An exit as those that follow it see it. */
export interface FollowedExit {
  readonly positionId: PositionId
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly decision: Decision
  /** The order of the present attempt. */
  readonly order: ExitOrder
  readonly attempt: number
  /** Epoch ms. */
  readonly intendedAt: number
}

/** How an exit ended. */
export interface ExitEnd {
  readonly outcome: ExitOutcome
  readonly fill?: Fill
}

/** Follows each exit from its decision to its end. Never throws, never waits. */
export interface ExitFollower {
  /**
   * A decision has come to where it is made durable, `ageMs` after the tick or deadline that caused
   * it. Called again where the store did not take it.
   */
  decided(exit: FollowedExit, ageMs: number): void
  /** The first attempt is on disk. */
  intended(exit: FollowedExit): void
  /** The venue has, or had, an order of it. Called at each change after that too. */
  acknowledged(exit: FollowedExit): void
  /** It is over; `exit` as it was kept last, undefined where nothing of it was. */
  ended(id: PositionId, end: ExitEnd, exit: FollowedExit | undefined): void
}
