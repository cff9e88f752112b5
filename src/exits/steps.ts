import type { Circumstances } from './circumstances.ts'
import { stepsOf } from './evidence.ts'
import { isFollowed } from './exit-state.ts'
import { hasRisenAttempt, isTooLarge } from './past-orders.ts'
import type { ExitRecord } from './record.ts'
import { CANCEL, eventOf, type Step } from './step.ts'

/** The steps of an exit that are due now; empty while it waits for a call or for time to pass. */
export function stepsFor(record: ExitRecord, present: Circumstances): readonly Step[] {
  const steps = stepsOf(record, present)
  if (isFollowed(record.state) && isTooLarge(record)) return lessened(steps, present)
  return hasRisenAttempt(record) && record.state.kind !== 'flat'
    ? [...steps, ...besideRisen(present)]
    : steps
}

/** The steps of an order that is larger than what is left to be sold: it is cancelled, not sent again. */
function lessened(steps: readonly Step[], { mayCancel }: Circumstances): readonly Step[] {
  const others = steps.filter(({ kind }) => kind !== 'send' && kind !== 'cancel')
  // What is proved already leads on by itself.
  const isLed = others.some(step => eventOf(step, 0) !== undefined)
  return isLed || !mayCancel ? others : [...others, CANCEL]
}

/** The steps for an order of an earlier attempt that the venue shows as working again. */
const besideRisen = ({ mayCancel }: Circumstances): readonly Step[] => [
  { kind: 'ask-past' },
  ...(mayCancel ? [{ kind: 'cancel-past' } as const] : []),
]
