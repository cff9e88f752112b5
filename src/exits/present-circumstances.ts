import type { Allowed, ExitsOptions, Circumstances } from './circumstances.ts'
import { isHoldingEvidence } from './settings.ts'
import type { TrackedExit } from './tracked-exit.ts'

/** An exit whose circumstances are asked for; one for which nothing is sent any more verifies nothing. */
type Surrounded = Pick<TrackedExit, 'position' | 'group' | 'takenUpAt'> &
  Partial<Pick<TrackedExit, 'isVerified' | 'isSought' | 'isPastSought' | 'notedAt'>>

/** The present circumstances of an exit. */
export function circumstancesOf(
  entry: Surrounded,
  allowed: Allowed,
  { settings, specOf, priceOf }: ExitsOptions,
): Circumstances {
  const { position, group, takenUpAt, isSought = true, isPastSought = true, notedAt } = entry
  const { id, instrument, side } = position
  const isFree = group.lockedBy === undefined || group.lockedBy === id
  // Named each: V8 adds every property behind a spread by a slow path, about a microsecond each.
  return {
    now: allowed.now,
    maySend: allowed.maySend,
    mayCancel: allowed.mayCancel,
    settings,
    held: group.held(side),
    isWhole: group.balance.isWhole,
    spare: group.balance.spare,
    owned: group.balance.owned,
    areOwnersUnchanged: notedAt !== undefined && group.ownersChangedAt <= notedAt,
    allowance: group.allowance(id),
    quietSince: group.quietSince,
    isVerified: entry.isVerified?.(allowed.now, settings) ?? false,
    takenUpAt,
    isSought,
    isPastSought,
    hasLock: !isHoldingEvidence(settings.capabilities) || isFree,
    isShared: group.isShared,
    mayOthersExecute: true,
    spec: specOf(instrument),
    position,
    price: priceOf(position),
  }
}
