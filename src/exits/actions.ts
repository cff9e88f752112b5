import { CANCEL, eventOf, type Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import { actionsOf } from './evidence.ts'
import { isFollowed } from './exit-state.ts'
import { hasWorkingPastAttempt, isTooLarge } from './past-orders.ts'
import type { ExitRecord } from './record.ts'

/**
 * What an exit must do now; empty while it waits for a call or for time to pass. Actions that are no calls are events
 * for `follow` at once.
 */
export function actionsFor(record: ExitRecord, present: Circumstances): readonly Action[] {
  const actions = actionsOf(record, present)
  if (isFollowed(record.state) && isTooLarge(record)) return lessened(actions, present)
  return hasWorkingPastAttempt(record) && record.state.kind !== 'flat'
    ? [...actions, ...forWorkingPast(present)]
    : actions
}

/** The actions of an order that is larger than what is left to be sold: it is cancelled, not sent again. */
function lessened(actions: readonly Action[], { mayCancel }: Circumstances): readonly Action[] {
  const others = actions.filter(({ kind }) => kind !== 'send' && kind !== 'cancel')
  // What is proved already leads on by itself.
  const isLed = others.some(action => eventOf(action, 0) !== undefined)
  return isLed || !mayCancel ? others : [...others, CANCEL]
}

/** The actions for an order of an earlier attempt that the venue shows as working again. */
const forWorkingPast = ({ mayCancel }: Circumstances): readonly Action[] => [
  { kind: 'ask-past' },
  ...(mayCancel ? [{ kind: 'cancel-past' } as const] : []),
]
