import { isEnough, isSame } from '../domain/units.ts'
import type { Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import type { Followed } from './exit-state.ts'
import { isClosedBefore, mayRest, type Executed } from './holding-evidence.ts'
import type { ExitRecord } from './record.ts'

/** Whether nothing is held, and the order works no more or cannot go through zero. */
export const isNothingLeft = (isClosed: boolean, { held, settings }: Circumstances): boolean =>
  held?.quantity === 0 && (isClosed || settings.capabilities.reduceOnly)

/**
 * Whether all that a limit was to sell is gone of the holding, while it may work still: a person may have sold it. The
 * limit would sell the next position of the instrument, so it is cancelled before the holding counts as proof.
 */
export const isGoneBeside = (
  record: ExitRecord,
  { state, executed }: { state: Followed; executed: Executed },
  { held }: Circumstances,
): boolean =>
  mayRest(record, state) &&
  (held?.quantity === 0 || isEnough(executed.least, record.order.quantity))

/** The event for an order that has nothing left to sell, whether or not it sold that. */
export const allOf = ({ order }: ExitRecord): Action => ({
  kind: 'ended',
  quantity: order.quantity,
})

/** The end of an order that may exist, as far as the holding shows it; undefined: it shows none. */
export function endedBySeen(
  record: ExitRecord,
  { state, seen }: { state: Followed; seen: Executed },
  around: Circumstances,
): Action | undefined {
  if (isGoneBeside(record, { state, executed: seen }, around)) return undefined
  const isClosed = isClosedBefore(state, around)
  if (isNothingLeft(isClosed, around)) return allOf(record)
  const isCertain = isSame(seen.least, seen.most) && isClosed
  const isOver = isEnough(seen.least, record.order.quantity) || isCertain
  return seen.least > 0 && isOver ? { kind: 'ended', quantity: seen.least } : undefined
}
