import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import type { AccountBook } from './account-book.ts'
import { otherLockHolder } from './neighbours.ts'

/** The exit that uses the holding as evidence, where another position in it was resized. */
export interface Resized {
  readonly lockHolder: PositionId | undefined
}

/**
 * A person sets the quantity of an open generation; units that it no longer owns stay at the venue on purpose.
 * Refused where an exit of it exists, or a stop at the venue has taken units that are not booked: what is sold is
 * decided.
 */
export function resize(
  { holdings, exits, nets }: Pick<AccountBook, 'holdings' | 'exits' | 'nets'>,
  position: Position,
  entry: { readonly generation: number; readonly now: number },
): Resized | 'refused' {
  const { id, quantity } = position
  const key = holdings.holdingOf(position)
  const present = holdings.current(id)
  if (present?.generation !== entry.generation) return 'refused'
  if (nets?.isOwed(key) === true || exits.record(id) !== undefined) return 'refused'
  const fewer = leftOf(present.owned, quantity)
  holdings.own(position, entry)
  holdings.freed(position, fewer, entry.now)
  holdings.outside.release(key, id, fewer)
  return { lockHolder: otherLockHolder(holdings, id) }
}
