import type { Execution, LivedOrder } from '../domain/order.ts'
import { unitsOf } from '../domain/units.ts'
import type { ExitEvent } from './events.ts'

/** The event with its executed quantity rounded to whole lots of the instrument. */
export function inLots(event: ExitEvent, lot: number | undefined): ExitEvent {
  switch (event.kind) {
    case 'answered': {
      const { answer } = event
      if (answer.kind !== 'acknowledged' || answer.order === undefined) return event
      return { ...event, answer: { ...answer, order: readOrder(answer.order, lot) } }
    }
    case 'seen': {
      const { order } = event
      return 'executed' in order ? { ...event, order: readOrder(order, lot) } : event
    }
    case 'recorded':
    case 'planned':
    case 'below-minimum':
    case 'priceless':
    case 'queued':
    case 'sent':
    case 'not-sent':
    case 'outcome-unknown':
    case 'not-listed':
    case 'untouched':
    case 'ended':
    case 'retry':
    case 'shrunk':
    case 'drifted':
    case 'contradicted':
    case 'net-waived':
    case 'flat':
      return event
  }
}

function readOrder(order: LivedOrder, lot: number | undefined): LivedOrder {
  const { quantity } = order.executed
  const read = unitsOf(quantity, lot)
  const executed: Execution = { ...order.executed, quantity: read }
  return read === quantity ? order : { ...order, executed }
}
