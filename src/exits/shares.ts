import { sum } from '../domain/decimal.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import type { Share } from './reconcile.ts'
import { isAlive, isOver, remainingOf, type ExitRecord } from './record.ts'

/** What is known of an open position and of its exit; `owned`: units that were not closed outside the service. */
export interface OwnedUnits {
  readonly owned: number
  readonly record: ExitRecord | undefined
}

/** Units that all attempts are known to have executed. */
export const executedOf = ({ before, executed }: ExitRecord): number =>
  sum(before.quantity, executed.quantity)

/** Units that the present order may have executed without our knowing. */
export const underWayOf = ({ order, executed }: ExitRecord): number =>
  leftOf(order.quantity, executed.quantity)

/** Units of a position that are not executed. */
export function openUnitsOf({ owned, record }: OwnedUnits): number {
  if (record === undefined) return owned
  return isOver(record) ? 0 : remainingOf(record)
}

/** The share of its holding that a position has. */
export function shareOf({ id, side, openedAt }: Position, units: OwnedUnits): Share {
  const owned = openUnitsOf(units)
  const { record } = units
  const isAtVenue = record !== undefined && isAlive(record)
  const underWay = isAtVenue ? Math.min(owned, underWayOf(record)) : 0
  return { positionId: id, side, openedAt, owned, underWay }
}

/** The exits that are not over, each with its position. */
export function* openExits(
  exits: { records(): Iterable<ExitRecord> },
  holdings: { current(id: PositionId): { readonly position: Position } | undefined },
): Iterable<{ readonly record: ExitRecord; readonly position: Position }> {
  for (const record of exits.records()) {
    const current = holdings.current(record.positionId)
    if (current !== undefined) yield { record, position: current.position }
  }
}
