import type { LivedOrder, OrderState } from '../domain/order.ts'
import { unitsOf } from '../domain/units.ts'
import type { NetEvent } from './transitions.ts'

/** The event with its quantities rounded to whole lots, where the lot is known. */
export function netInLots(event: NetEvent, lot: number | undefined): NetEvent {
  switch (event.kind) {
    case 'seen':
    case 'amended':
      return { ...event, order: inUnits(event.order, lot) }
    case 'answered': {
      const { answer } = event
      if (answer.kind !== 'acknowledged' || answer.order === undefined) return event
      return { ...event, answer: { ...answer, order: inUnits(answer.order, lot) } }
    }
    case 'recorded':
    case 'queued':
    case 'sent':
    case 'outcome-unknown':
    case 'dropped':
    case 'not-sent':
    case 'moved':
    case 'lost':
      return event
  }
}

function inUnits<Order extends OrderState | LivedOrder>(
  order: Order,
  lot: number | undefined,
): Order {
  if (!('executed' in order)) return order
  const { executed } = order
  const quantity = unitsOf(executed.quantity, lot)
  return quantity === executed.quantity ? order : { ...order, executed: { ...executed, quantity } }
}
