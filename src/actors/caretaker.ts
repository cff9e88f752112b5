import type { Dispatcher } from '../risk/dispatcher.ts'
import { standIn } from '../risk/stand-in.ts'
import type { CaretakerMessage } from './messages.ts'

/**
 * Holds the last levels of positions whose monitors are not restarted any more. It asks no rule and
 * moves no level: it sends the exit when one is crossed, and arms the same levels again if not.
 */
export function caretaker(dispatcher: Dispatcher, { guard }: CaretakerMessage): Dispatcher {
  if (guard.isFrozen) standIn(dispatcher, guard)
  return dispatcher
}
