import type { PositionId } from '../domain/ids.ts'
import type { HoldingBook } from './holding-book.ts'
import type { HoldingGroup } from './holding-group.ts'
import { isReportedTwice } from './holding-state.ts'

/** Whether all that is held of a holding, by its last report, belongs to this open position. */
export function isAloneInHolding(holdings: HoldingBook, id: PositionId): boolean {
  const group = groupOf(holdings, id)
  return group?.isShared === false && group.balance.isWhole && group.balance.spare === 0
}

/** Whether two reports by name, `apartMs` apart and both from `since` (epoch ms) on, show all that positions own. */
export function isWholeSince(
  holdings: HoldingBook,
  id: PositionId,
  { since, apartMs }: { since: number; apartMs: number },
): boolean {
  const group = groupOf(holdings, id)
  const side = holdings.current(id)?.position.side
  if (group === undefined || side === undefined || !group.balance.isWhole) return false
  return isReportedTwice(group.held(side)?.byName, since, apartMs)
}

/** The exit of another position that holds the lock on the same holding. */
export function otherLockHolder(holdings: HoldingBook, id: PositionId): PositionId | undefined {
  const holder = groupOf(holdings, id)?.lockedBy
  return holder === id ? undefined : holder
}

/** The holding that an open position is a part of. */
function groupOf(holdings: HoldingBook, id: PositionId): HoldingGroup | undefined {
  const open = holdings.current(id)
  return open && holdings.groupOf(open.position)
}
