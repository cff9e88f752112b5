import { isBounded } from '../domain/bounds.ts'
import { ratioOfSums, sum } from '../domain/decimal.ts'
import type { Execution, OrderState } from '../domain/order.ts'
import { leftOf } from '../domain/units.ts'
import type { ExitEvent } from './events.ts'
import {
  hasNotLeft,
  isAlive,
  plus,
  remainingOf,
  withStep,
  type EndedExit,
  type ExitRecord,
  type PastOrder,
} from './record.ts'

/*
 * Orders of the attempts before the present one. Each was proved to be over, or the venue said so. If one is executed
 * nevertheless, that is a fill of this exit, and those units are not sold again (P1).
 */

/** Orders of earlier attempts that an exit remembers, the last ones. */
const MOST_PAST = 10

/** The past orders of a record whose present attempt is over; it executed that much. */
export function withPresent(record: ExitRecord, executed: Execution): readonly PastOrder[] {
  const { pastOrders, order, state } = record
  // An order with its id is not ours, or none has ever left.
  if (state.kind === 'foreign' || hasNotLeft(record)) return pastOrders
  const { clientOrderId, quantity } = order
  const nets = pastOrders.filter(({ isNet }) => isNet === true)
  const past = pastOrders.filter(({ isNet }) => isNet !== true)
  return [...nets, ...[...past, { clientOrderId, quantity, executed }].slice(-MOST_PAST)]
}

/** Ids of the orders of an open exit that are over: the present one too where it was refused, or proved absent. */
export const overOrdersOf = (record: ExitRecord): readonly string[] => [
  ...record.pastOrders.flatMap(({ clientOrderId, isNet }) =>
    isNet === true ? [] : [clientOrderId],
  ),
  ...(isPresentOver(record) ? [record.order.clientOrderId] : []),
]

/** Whether the present order has left, and is to be sent again under its id or by another attempt. */
function isPresentOver(record: ExitRecord): boolean {
  switch (record.state.kind) {
    case 'rejected':
      return true
    case 'intending':
    case 'intended':
    case 'queued':
      return record.hasLeft && !isAlive(record)
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
    case 'foreign':
    case 'filled':
    case 'flat':
      return false
  }
}

/** Whether the venue shows an order of an earlier attempt as working. */
export const hasWorkingPast = ({ pastOrders }: Pick<ExitRecord, 'pastOrders'>): boolean =>
  pastOrders.some(({ isWorking }) => isWorking === true)

/** The orders of earlier attempts without the net, which `src/nets/` follows. */
const attemptsIn = ({ pastOrders }: Pick<ExitRecord, 'pastOrders'>): readonly PastOrder[] =>
  pastOrders.filter(({ isNet }) => isNet !== true)

/** The same without the net (the position's stop at the venue). */
export const hasWorkingPastAttempt = (record: Pick<ExitRecord, 'pastOrders'>): boolean =>
  hasWorkingPast({ pastOrders: attemptsIn(record) })

/** The order of an earlier attempt to ask for, or to cancel; undefined where there is none. */
export const pastOrderToAsk = (record: Pick<ExitRecord, 'pastOrders'>): PastOrder | undefined => {
  const attempts = attemptsIn(record)
  return attempts.find(({ isWorking }) => isWorking === true) ?? attempts.at(-1)
}

/** Whether the present order is larger than what is left to be sold: a past order was executed late. */
export const isTooLarge = (record: ExitRecord): boolean =>
  leftOf(record.order.quantity, record.executed.quantity) > remainingOf(record)

/** All that orders of the exit are known to have executed. */
export const bookedOf = ({ before, executed, explained }: ExitRecord): Execution =>
  plus(plus(before, executed), explained)

/** What the store keeps of an exit that has sent orders and is over at `at` (epoch ms). */
export function endedExitOf(record: ExitRecord, at: number): Required<EndedExit> {
  const { attempt: attempts, pastOrders, order } = record
  const orders = new Set([...pastOrders, order].map(({ clientOrderId }) => String(clientOrderId)))
  return { at, attempts, executed: bookedOf(record).quantity, orders: [...orders] }
}

/** The record after an answer about the order of an earlier attempt; the same record where the answer is about none. */
export function pastSeen(
  record: ExitRecord,
  { id, order, at }: Extract<ExitEvent, { kind: 'seen' }>,
): ExitRecord {
  const past = record.pastOrders.find(each => each.clientOrderId === id)
  if (past === undefined || order.kind === 'unknown') return record
  const isWorking = order.kind === 'working'
  const all = executedBy(order, past)
  const more = leftOf(all.quantity, past.executed.quantity)
  const isNews = isWorking !== (past.isWorking === true)
  if (more <= 0 && !isNews) return record
  const now: PastOrder = {
    clientOrderId: past.clientOrderId,
    quantity: past.quantity,
    executed: more > 0 ? all : past.executed,
    ...(isWorking && { isWorking }),
    ...(past.isNet && { isNet: past.isNet }),
  }
  const pastOrders = record.pastOrders.map(each => (each === past ? now : each))
  const known: ExitRecord = { ...record, pastOrders }
  const noted = isNews
    ? withStep(known, at, isWorking ? `${id} works again` : `${id} works no more`)
    : known
  if (more <= 0) return noted
  const fill = { quantity: more, price: priceOfRest(all, past.executed, more) }
  return booked(withStep(noted, at, `${more} executed late by ${id}`), fill, at)
}

/** The record when its order may leave although no answer has proved that the net is over. */
export function netWaived(
  record: ExitRecord,
  { id, at }: Extract<ExitEvent, { kind: 'net-waived' }>,
): ExitRecord {
  const past = record.pastOrders.find(each => each.clientOrderId === id && each.isWorking === true)
  if (past === undefined) return record
  const { isWorking: _waited, ...rest } = past
  const pastOrders = record.pastOrders.map(each => (each === past ? rest : each))
  return withStep({ ...record, pastOrders }, at, `sent beside ${id}, whose end is not proved`)
}

/** What a past order has executed in all, as far as that can be true. */
function executedBy(order: OrderState, { quantity: most, executed }: PastOrder): Execution {
  if (!('executed' in order)) return executed
  const { quantity, price } = order.executed
  const isTrue = isBounded(quantity) && quantity >= 0 && leftOf(quantity, most) === 0
  return isTrue && (price === null || isBounded(price)) ? order.executed : executed
}

/** The record with a late fill: first for units that were taken for closed elsewhere, then for what is left. */
function booked(record: ExitRecord, fill: Execution, at: number): ExitRecord {
  const known = Math.min(record.lost, fill.quantity)
  const rest = leftOf(fill.quantity, known)
  const explained = known === 0 ? record.explained : plus(record.explained, part(fill, known))
  const next = { ...record, explained, lost: leftOf(record.lost, known) }
  if (rest === 0) return next
  const before = plus(record.before, part(fill, rest))
  const { drift, state } = next
  const sold: ExitRecord = {
    ...next,
    before,
    // The holding may have shown it before the present order was planned, or may not.
    drift: { ...drift, least: sum(drift.least, -rest) },
    ...(state.kind === 'filled' &&
      state.earlier !== undefined && {
        state: { ...state, earlier: plus(state.earlier, part(fill, rest)) },
      }),
  }
  return afterSale(sold, at)
}

/** The record when a late fill left less to be sold. */
function afterSale(record: ExitRecord, at: number): ExitRecord {
  const { state } = record
  switch (state.kind) {
    case 'filled':
    case 'flat':
    // The present order is cancelled where it is too large; what is held bounds no order that works.
    case 'sending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
      return record
    case 'intending':
    case 'intended':
    case 'queued':
    case 'rejected':
      if (isAlive(record)) {
        return isTooLarge(record) ? { ...record, state: { kind: 'unknown', since: at } } : record
      }
      return replanned(record, at)
    case 'foreign':
      return replanned(record, at)
  }
}

function replanned(record: ExitRecord, at: number): ExitRecord {
  const quantity = remainingOf(record)
  if (quantity === 0) {
    const filled: ExitRecord = { ...record, state: { kind: 'filled', at, earlier: record.before } }
    return withStep(filled, at, 'filled by an earlier order')
  }
  const { state } = record
  if (state.kind === 'rejected' || state.kind === 'foreign') return record
  const notBefore = state.kind === 'intending' || state.kind === 'intended' ? state.notBefore : 0
  const order = { ...record.order, quantity }
  const drift = { ...record.drift, least: 0, most: 0 }
  return { ...record, order, drift, heldBefore: null, state: { kind: 'intending', notBefore } }
}

const part = ({ price }: Execution, quantity: number): Execution => ({ quantity, price })

/** The price of what is new of an order, or of several; null where that is not known. */
export function priceOfRest(all: Execution, known: Execution, quantity: number): number | null {
  if (all.price === null || known.quantity === 0) return all.price
  if (known.price === null) return all.price
  const rest = ratioOfSums(all.price, all.quantity, -known.price, known.quantity, quantity)
  return isBounded(rest) && rest > 0 ? rest : all.price
}
