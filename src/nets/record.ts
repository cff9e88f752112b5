import type { PositionId } from '../domain/ids.ts'
import type { Execution, RejectionCode } from '../domain/order.ts'
import type { StopOrder, StopTrigger } from '../domain/resting-stop.ts'
import { leftOf } from '../domain/units.ts'
import { NOTHING } from '../exits/record.ts'

/** How the order of a net ended. */
export type NetEnd =
  /** All of it is executed. */
  | 'filled'
  /** The venue ended it: cancelled, expired, or executed in part. */
  | 'ended'
  /** The venue refused it: it never lived. */
  | 'rejected'
  /** The venue finds no such order, proved: it never lived. */
  | 'absent'
  /** No answer about it came, and neither the list of working orders nor the holding shows it. */
  | 'lost'
  /** It never left this process. */
  | 'dropped'

/**
 * State of a net. A net that is not over is `unknown` after it is read from the store, and after the gateway that sent
 * it has ended: bytes that were sent may still arrive at the venue. Times are epoch ms.
 */
export type NetState =
  /** Not durable yet, so nothing of it may leave. */
  | { readonly kind: 'intending' }
  /** Durable; to be sent from `notBefore` on. */
  | { readonly kind: 'intended'; readonly notBefore: number }
  /** The order waits for its turn and has not left. Never read from the store. */
  | { readonly kind: 'queued' }
  /** The order has left and its answer has not come. Never read from the store. */
  | { readonly kind: 'sending' }
  /** The venue has it. */
  | { readonly kind: 'resting'; readonly since: number }
  /** `absentAt`, `rejectedAt`: when the venue first answered that it has no such order, or has rejected it. */
  | {
      readonly kind: 'unknown'
      readonly since: number
      readonly absentAt?: number
      readonly rejectedAt?: number
    }
  | {
      readonly kind: 'over'
      readonly by: NetEnd
      readonly at: number
      readonly code?: RejectionCode
    }

/** One net: a stop order at the venue behind the own stop of a position. */
export interface NetRecord {
  readonly storeId: string
  readonly account: string
  readonly positionId: PositionId
  /** Generation of the position id, from 1. */
  readonly generation: number
  /** From 1; a new one only after the last one is proved to be over. */
  readonly n: number
  /** The order; its trigger is the one that is wanted, and only moves towards the price. */
  readonly order: StopOrder
  /** The trigger that the venue is known to have; null where that is not known. */
  readonly armed: StopTrigger | null
  readonly executed: Execution
  /** The venue has, or had, the order. */
  readonly exists: boolean
  /** Number of answers that cannot be true. */
  readonly faults: number
  /** When the net was made, epoch ms. */
  readonly at: number
  readonly state: NetState
}

/** Whether the order of a net may be executed now or later. */
export function isLive({ state }: NetRecord): boolean {
  switch (state.kind) {
    case 'sending':
    case 'resting':
    case 'unknown':
      return true
    case 'intending':
    case 'intended':
    case 'queued':
    case 'over':
      return false
  }
}

export const isOver = ({ state }: NetRecord): boolean => state.kind === 'over'

/** Whether the venue has executed something of it: then it is the exit of its position. */
export const hasFired = ({ executed }: NetRecord): boolean => executed.quantity > 0

/** Units that its order may still execute. */
export const openOf = ({ order, executed }: NetRecord): number =>
  leftOf(order.quantity, executed.quantity)

/** The record of a new net, which is not durable yet. */
export const newNet = (
  identity: Pick<NetRecord, 'storeId' | 'account' | 'positionId' | 'generation' | 'n'>,
  order: StopOrder,
  at: number,
): NetRecord => ({
  ...identity,
  order,
  armed: null,
  executed: NOTHING,
  exists: false,
  faults: 0,
  at,
  state: { kind: 'intending' },
})

/** The record as a new process reads it at `now` (epoch ms). */
export function recoveredNet(record: NetRecord, now: number): NetRecord {
  switch (record.state.kind) {
    case 'over':
      return record
    case 'intending':
    case 'intended':
    case 'queued':
    case 'sending':
    case 'resting':
    case 'unknown':
      return { ...record, state: { kind: 'unknown', since: now } }
  }
}
