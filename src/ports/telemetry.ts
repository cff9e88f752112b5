import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ExitOrder, Fill } from '../domain/order.ts'
import type { ExitOutcome } from '../domain/reason.ts'

/** Calls that are counted where they are made, for the monitoring cycle that ends next. */
export type CycleCount = 'redisFetches' | 'storeQueries' | 'apiCalls'

/** Where adapters and actors report what they do. Never throws, never waits. */
export interface Telemetry {
  count(name: CycleCount | `errors.${string}`, by?: number): void
}

/** Totals of one account since the process began; they only grow. */
export interface EventTotals {
  /** Exits by reason. */
  readonly exitsIntended: ReadonlyMap<string, number>
  /** Errors by type. */
  readonly errors: ReadonlyMap<string, number>
}

/** Measures the phases of a cycle. */
export interface PhaseMeter {
  /** Runs a part of the cycle and returns its result. */
  phase<T>(name: string, part: () => T): T
}

/** An exit as its observers see it. */
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

/** Observes each exit from its decision to its end. Never throws, never waits. */
export interface ExitFollower {
  /**
   * A decision has reached the write that makes it durable, `ageMs` after the tick or deadline that
   * caused it. Called again where the store refused the write.
   */
  decided(exit: FollowedExit, ageMs: number): void
  /** The first attempt is on disk. */
  intended(exit: FollowedExit): void
  /** The venue has, or had, an order of it. Also called at each later change. */
  acknowledged(exit: FollowedExit): void
  /** It has ended; `exit` as it was last stored, undefined where it never was. */
  ended(id: PositionId, end: ExitEnd, exit: FollowedExit | undefined): void
}
