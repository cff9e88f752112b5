import { ratioOfSums, sum } from '../domain/decimal.ts'
import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Execution, ExitOrder, PriceBand } from '../domain/order.ts'
import { leftOf } from '../domain/units.ts'
import type { Capabilities, OrderType } from '../domain/venue.ts'
import { NO_DRIFT, type Drift, type ExitState } from './exit-state.ts'
import { withRoom, type ExitStep } from './history.ts'

/** What the venue could prove when an attempt was made; after a restart the configuration may claim less, or more. */
export interface Provable extends Pick<Capabilities, 'dedupe' | 'lookup' | 'reduceOnly'> {
  /** Whether it took market orders; absent in records of earlier versions. */
  readonly market?: boolean
}

/** The order of an earlier attempt. It was proved to be over, or the venue said so; see `past-orders.ts`. */
export interface PastOrder {
  readonly clientOrderId: string
  /** Units that were ordered. */
  readonly quantity: number
  /** What is booked of it. */
  readonly executed: Execution
  /** The venue shows it as working again. */
  readonly isWorking?: boolean
  /** The venue's stop of the position, which its own ledger follows; see `src/nets/`. */
  readonly isNet?: true
}

/**
 * The one exit of one generation of a position, as the store keeps it (P1). Only `follow` changes its state.
 * Quantities are units, >= 0; times are epoch ms.
 */
export interface ExitRecord {
  /** Id of the store that began the exit: the ids of its orders are made of it. */
  readonly storeId: string
  readonly positionId: PositionId
  readonly account: string
  /** Generation of the position id, from 1. */
  readonly generation: number
  /** Units to close in all, > 0. */
  readonly quantity: number
  /** From 1; a new one only after the last one is proved to be over. */
  readonly attempt: number
  /** The order of the present attempt. */
  readonly order: ExitOrder
  /**
   * Units held, in the position's direction, when the order was planned; null before that, and where
   * the venue bounds the order and finds it by its id.
   */
  readonly heldBefore: number | null
  readonly drift: Drift
  /** What the venue could prove when the attempt was made; null in records of earlier versions. */
  readonly provable: Provable | null
  /** What the attempts before this one executed. */
  readonly before: Execution
  /** What the present attempt is known to have executed. */
  readonly executed: Execution
  /** Orders of the attempts before this one that have left, oldest first; a few, the last ones. */
  readonly pastOrders: readonly PastOrder[]
  /** Units that count as closed by others. A late fill of an order of this exit moves them to `explained`. */
  readonly lost: number
  /** What past orders have executed of units that counted as closed by others before. */
  readonly explained: Execution
  /** The venue has, or had, the present attempt's order. */
  readonly exists: boolean
  /** The present attempt may have left before: a venue that knows its id then means our order. */
  readonly hasLeft: boolean
  /** The present attempt was sent before, and its outcome is unknown. */
  readonly isDoubted: boolean
  /** The same of any attempt so far: its order may still arrive after the exit is over. */
  readonly wasDoubted: boolean
  /** Type of the last order that led nowhere: the next one has the other type, if the venue takes it. */
  readonly avoids: OrderType | null
  /** How often the band of `exits.style` was doubled for the next limit. */
  readonly bandStep: number
  /** Prices that the venue takes, as of its last refusal of a limit; null: not known. */
  readonly band: PriceBand | null
  /** When the present attempt was made; no byte of it left before. */
  readonly madeAt: number
  /** Deadline of the last sending: the venue takes the order until then; null: it has none. */
  readonly actBy: number | null
  /** The first decision; rules that match later are added to its `matched`. */
  readonly decision: Decision
  readonly intendedAt: number
  /** Rejections so far, over all attempts; those of a closed market do not count. */
  readonly rejections: number
  /** Answers that cannot be true. */
  readonly faults: number
  readonly state: ExitState
  /** What happened, oldest first; at most `MOST_STEPS`: the first ones and the last ones. */
  readonly steps: readonly ExitStep[]
}

/** An exit of an earlier process that is over. */
export interface EndedExit {
  /** Epoch ms. */
  readonly at: number
  readonly attempts: number
  /** Units that its orders are known to have executed; earlier versions have kept none. */
  readonly executed?: number
  /** Ids of its last orders, as they were sent; earlier versions have kept none. */
  readonly orders?: readonly string[]
}

/** No unit executed. */
export const NOTHING: Execution = { quantity: 0, price: null }

/** The record with one more line of history. */
export function withStep(record: ExitRecord, at: number, what: string): ExitRecord {
  const { steps, attempt } = record
  return { ...record, steps: [...withRoom(steps), { at, attempt, what }] }
}

/** Units that are not executed yet, as far as is proved. */
export const remainingOf = ({ quantity, before, executed }: ExitRecord): number =>
  leftOf(quantity, sum(before.quantity, executed.quantity))

/** Two executions as one, at their average price; null where that of either is not known. */
export function plus(a: Execution, b: Execution): Execution {
  if (a.quantity === 0) return b
  if (b.quantity === 0) return a
  const quantity = sum(a.quantity, b.quantity)
  if (a.price === null || b.price === null) return { quantity, price: null }
  return { quantity, price: ratioOfSums(a.price, a.quantity, b.price, b.quantity, quantity) }
}

/** Whether an order of this exit may be executed now or later. */
export function isAlive({ state, isDoubted }: ExitRecord): boolean {
  switch (state.kind) {
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
      return true
    case 'intending':
    case 'intended':
    case 'queued':
    case 'rejected':
      return isDoubted
    case 'foreign':
    case 'filled':
    case 'flat':
      return false
  }
}

/** Whether nothing of the present attempt has ever left, here or in an earlier process. */
export function hasNotLeft({ state, hasLeft }: ExitRecord): boolean {
  switch (state.kind) {
    case 'intending':
    case 'intended':
    case 'queued':
      return !hasLeft
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
    case 'rejected':
    case 'foreign':
    case 'filled':
    case 'flat':
      return false
  }
}

/** Whether an order of the exit may ever have reached the venue. */
export const hasSent = ({ attempt, hasLeft, exists, before, steps }: ExitRecord): boolean =>
  hasLeft || exists || attempt > 1 || before.quantity > 0 || steps.some(({ what }) => what === SENT)

/** The line of an exit's history when an order of it leaves. */
export const SENT = 'sent'

/** Whether nothing is left to be done for the exit but to wait for a report. */
export const isOver = ({ state }: ExitRecord): boolean =>
  state.kind === 'filled' || state.kind === 'flat'

/** Whether nothing of the exit can be at the broker, nor was executed: it may be forgotten. */
export const isIdle = (record: ExitRecord): boolean =>
  (record.state.kind === 'intended' ||
    record.state.kind === 'queued' ||
    record.state.kind === 'rejected') &&
  !record.isDoubted &&
  record.before.quantity === 0

/** Marks an attempt whose order may exist at the venue. */
export const DOUBTED = { hasLeft: true, isDoubted: true, wasDoubted: true } as const

/** The record when the outcome of its order is unknown from `at` (epoch ms) on. */
export function doubted(record: ExitRecord, at: number, why: string): ExitRecord {
  const state: ExitState = { kind: 'unknown', since: at }
  return withStep({ ...record, ...DOUBTED, state }, at, `unknown: ${why}`)
}

/** What every release has kept of an exit. */
type Oldest = Pick<
  ExitRecord,
  | 'positionId'
  | 'account'
  | 'generation'
  | 'attempt'
  | 'order'
  | 'decision'
  | 'intendedAt'
  | 'rejections'
  | 'state'
>

/** A record of this version, from what this or an earlier one has kept. */
export const completed = (
  kept: Oldest & Partial<ExitRecord> & { readonly isMarketOnly?: boolean },
): ExitRecord => ({
  storeId: '',
  quantity: kept.order.quantity,
  heldBefore: null,
  drift: NO_DRIFT,
  provable: null,
  before: NOTHING,
  executed: NOTHING,
  pastOrders: [],
  lost: 0,
  explained: NOTHING,
  exists: false,
  // An earlier version did not keep this: the attempt may have been sent.
  hasLeft: true,
  isDoubted: false,
  wasDoubted: false,
  // An earlier version kept one flag for limits that led nowhere.
  avoids: kept.isMarketOnly === true ? 'marketable-limit' : null,
  bandStep: 0,
  band: null,
  madeAt: kept.intendedAt,
  actBy: null,
  faults: 0,
  steps: [],
  ...kept,
})
