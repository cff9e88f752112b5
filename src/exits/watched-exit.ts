import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId, Execution } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { holdingName } from './holding-state.ts'

/** An exit that has orders that are over. */
export interface WatchedExit {
  readonly position: Position
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly holding: HoldingKey
  /** Its orders that are over, oldest first. */
  readonly clientOrderIds: readonly string[]
  /** What is booked of them. */
  readonly executed: Execution
}

/** An exit that is over. */
export interface WatchedEndedExit extends WatchedExit {
  /** What is booked of each order, where that is known. */
  readonly found?: ReadonlyMap<string, Execution> | undefined
  /** Not all that it was to close is booked: one of its orders may have closed the rest. */
  readonly isShort: boolean
}

/** An order that is over and is to be looked up. */
export interface LateQuestion {
  readonly positionId: PositionId
  readonly generation: number
  readonly instrument: Position['instrument']
  readonly clientOrderId: ClientOrderId
}

/** A watched exit, and what was asked about it. Times are epoch ms. */
export interface Watched extends WatchedEndedExit {
  readonly holdingName: string
  booked: Execution
  /** Units that other positions are known to have lost by it. */
  taken: number
  readonly until: number
  /** Rounds that are left, from `askAt` on, for what began at `askedFrom` (epoch ms). */
  rounds: number
  askAt: number
  askedFrom: number
  /** There was a reason to ask. */
  isReasoned: boolean
  isLacking: boolean
  /** What the venue has said of each order. */
  readonly found: Map<string, Execution>
  /** When each order was looked up last, epoch ms; without those that got no answer. */
  readonly answeredAt: Map<string, number>
}

/** Units that an exit has executed late, beyond its position: other positions of the holding have lost them. */
export interface LateTaker {
  readonly positionId: PositionId
  readonly generation: number
  /** Units, > 0. */
  readonly quantity: number
}

/** Units of it that no other position is known to have lost yet. */
export const surplusOf = ({ booked, position, taken }: Watched): number =>
  leftOf(leftOf(booked.quantity, position.quantity), taken)

/** An exit that is watched from now on until `until`, first asked for at `askAt`. */
export const watchedFrom = (
  exit: WatchedEndedExit,
  { until, askAt, from, rounds }: { until: number; askAt: number; from: number; rounds: number },
): Watched => ({
  position: exit.position,
  generation: exit.generation,
  holding: exit.holding,
  clientOrderIds: exit.clientOrderIds,
  executed: exit.executed,
  isShort: exit.isShort,
  holdingName: holdingName(exit.holding),
  booked: exit.executed,
  taken: 0,
  until,
  found: new Map(exit.found),
  answeredAt: new Map(),
  rounds,
  askAt,
  askedFrom: from,
  isReasoned: false,
  isLacking: false,
})

/** Whether each order was looked up, with an answer, since there was a reason for it. */
export const isAnswered = ({ clientOrderIds, answeredAt, askedFrom }: Watched): boolean =>
  clientOrderIds.every(id => (answeredAt.get(id) ?? -Infinity) >= askedFrom)
