import type { Dispatcher } from '../risk/dispatcher.ts'
import { standIn } from '../risk/stand-in.ts'
import type { CaretakerMessage } from './messages.ts'

/**
 * Holds the last levels of positions whose monitors are not restarted any more. It asks no rule and
 * moves no level: when one is crossed, the dispatcher concludes the position, and its sink sends the
 * exit to the gateway; if not, the same levels are armed again.
 */
export function caretaker(dispatcher: Dispatcher, { watched }: CaretakerMessage): Dispatcher {
  if (watched.isFrozen) standIn(dispatcher, watched)
  return dispatcher
}
