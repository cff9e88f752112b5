import { sum } from '../domain/decimal.ts'
import type { ClientOrderId } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import type { ExitEvent } from '../exits/events.ts'
import { priceOfRest } from '../exits/past-orders.ts'
import { isOver as isExitOver, NOTHING, type ExitRecord, type PastOrder } from '../exits/record.ts'
import type { NetTable } from './net-table.ts'
import { hasFired, newNet } from './record.ts'
import type { TrackedNet } from './tracked-net.ts'

/**
 * A net beside the exit of its position: together they close no more than the position (P1). Where the venue bounds
 * both by the holding (reduce-only), and the holding is the position's alone, the exit leaves first, and the net is
 * cancelled once the exit is over. Elsewhere the net is cancelled first, and the exit leaves after its end is proved.
 */

/** The net as a past order of a new exit, which may still execute; undefined where no order is at the venue. */
export function pastOrderOf(table: NetTable, net: TrackedNet): PastOrder | undefined {
  const { record } = net
  if (!net.isLive && !hasFired(record)) return undefined
  const leavesFirst = net.isLive && !hasFired(record) && mayExitFirst(table, net)
  return {
    clientOrderId: net.id,
    quantity: record.order.quantity,
    executed: NOTHING,
    isNet: true,
    ...(!leavesFirst && { isWorking: true }),
  }
}

function mayExitFirst({ options }: NetTable, { record: { positionId, order } }: TrackedNet) {
  const { restingStop, reduceOnly } = options.settings.capabilities
  const isBound = reduceOnly && order.reduceOnly && restingStop?.reserves === false
  return isBound && options.account.isAlone(positionId)
}

/** Whether a net must be cancelled now because of the exit of its position. */
export function isUnwantedBy(table: NetTable, exit: ExitRecord, net: TrackedNet): boolean {
  const { account } = table.options
  const { positionId } = exit
  const past = exit.pastOrders.find(({ clientOrderId }) => clientOrderId === net.id)
  if (past === undefined || past.isWorking === true || isExitOver(exit))
    return account.isExitDurable(positionId)
  // Other positions may have come into the holding since: then the holding bounds the two orders too loosely.
  return !mayExitFirst(table, net)
}

/**
 * The next event for the exit of a position: what its net has executed, or that it has ended, and the exit does not
 * know; undefined: nothing new. An exit of an earlier process may name a net that the store has lost: that net is
 * followed again, from the exit's record.
 */
export function feed(
  table: NetTable,
  exit: ExitRecord,
  { position, now }: { position: Position; now: number },
): ExitEvent | undefined {
  const past = exit.pastOrders.find(({ isNet }) => isNet === true)
  if (past === undefined) return undefined
  const id = past.clientOrderId as ClientOrderId
  const net = table.of(exit) ?? table.restore(lostNet(exit, past, now), position, now)
  if (net.id !== id) return undefined
  const { executed } = net.record
  const isMore = leftOf(executed.quantity, past.executed.quantity) > 0
  const mustWait = past.isWorking === true
  net.fed = past.executed
  if (net.isOver ? isMore || mustWait : isMore && !mustWait) {
    net.fed = executed
    const order = { kind: 'ended', executed } as const
    return { kind: 'seen', id, order, by: 'look-up', askedAt: now, at: now }
  }
  return mustWait && net.isWaived ? { kind: 'net-waived', id, at: now } : undefined
}

function lostNet({ storeId, account, order, ...ids }: ExitRecord, past: PastOrder, now: number) {
  const { positionId, generation } = ids
  const { limit: _market, ...made } = order
  const clientOrderId = past.clientOrderId as ClientOrderId
  const trigger = { price: 0, by: 'last' } as const
  const stop = { ...made, clientOrderId, quantity: past.quantity, trigger }
  const identity = { storeId, account, positionId, generation, n: 1 }
  return { ...newNet(identity, stop, now), exists: true }
}

/** Books units that a net has executed after its position was closed or released: they count for the day. */
export function bookLate({ options }: NetTable, net: TrackedNet): void {
  const { record, position, id: clientOrderId } = net
  const quantity = leftOf(record.executed.quantity, net.fed.quantity)
  if (quantity <= 0) return
  const executed = { quantity, price: priceOfRest(record.executed, net.fed, quantity) }
  net.fed = record.executed
  net.exitBooked = sum(net.exitBooked, quantity)
  const { generation } = record
  const fill = { position, generation, clientOrderId, executed, booked: net.exitBooked }
  options.notify({ kind: 'exit-late-fill', ...fill, isOpen: false })
}
