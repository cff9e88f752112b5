import { ASK_HOLDING, ASK_ORDER, type Action } from './action.ts'
import type { Circumstances } from './circumstances.ts'
import type { ExitRecord } from './record.ts'
import { asksHolding, wayOf } from './settings.ts'

/**
 * Whether the venue is asked, once, for an order of an attempt that never left: a store that was
 * restored, or copied, makes attempts again that were carried out. Where the venue itself refuses an
 * id that it knows, sending says as much.
 */
const mustSeek = (
  { hasLeft }: ExitRecord,
  { isSought, settings: { capabilities } }: Circumstances,
): boolean => !isSought && !hasLeft && wayOf(capabilities) === 'look-up'

/**
 * Whether the venue is asked, once in each attempt, for the order before it: one that it executes after it
 * has reported its end has sold what this attempt would sell.
 */
const mustSeekPast = (
  { pastOrders }: ExitRecord,
  { isPastSought, settings: { capabilities } }: Circumstances,
): boolean =>
  !isPastSought &&
  pastOrders.some(({ isNet }) => isNet !== true) &&
  capabilities.lookup === 'complete'

/** The queries that must be answered before an order leaves: about the order itself, and about the holding. */
export function mustAsk(record: ExitRecord, around: Circumstances): readonly Action[] {
  const { isVerified, settings } = around
  const mustVerify = asksHolding(settings.capabilities) && !isVerified
  return [
    ...(mustSeek(record, around) ? [ASK_ORDER] : []),
    ...(mustSeekPast(record, around) ? [{ kind: 'ask-past' } as const] : []),
    ...(mustVerify ? [ASK_HOLDING] : []),
  ]
}
