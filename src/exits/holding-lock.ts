import { sum } from '../domain/decimal.ts'
import { leftOf, restOf } from '../domain/units.ts'
import type { HoldingChange } from './events.ts'
import { NO_DRIFT } from './exit-state.ts'
import { isAlive, remainingOf, type ExitRecord } from './record.ts'
import type { TrackedExit } from './tracked-exit.ts'

/**
 * From now on (epoch ms) the holding, as it is, is the evidence for the planned attempt; `others` are
 * the units of it that other positions own.
 */
export function lockHolding(entry: TrackedExit, others: number, now: number): void {
  const { record, group } = entry
  if (record.heldBefore === null) return
  group.lock(record.positionId, record.heldBefore, now)
  entry.notedAt = now
  const { retainedUnits, balance } = group
  const drift = {
    ...NO_DRIFT,
    spare: balance.spare,
    others,
    ...(retainedUnits > 0 && { beside: retainedUnits }),
  }
  entry.record = { ...record, drift }
}

/**
 * Notes with an attempt that is made now (epoch ms) which units of the holding belong to others, and to no
 * position: they can hide what its order executes.
 */
export function noteOtherUnits(entry: TrackedExit, now: number): void {
  const { record, group } = entry
  const { clean } = group.balance
  const others = clean === undefined ? null : leftOf(clean.owned, remainingOf(record))
  entry.notedAt = now
  entry.record = { ...record, drift: { ...record.drift, spare: clean?.spare ?? null, others } }
}

/** Locks the holding again for an exit of an earlier process. Returns whether the holding is its evidence. */
export function resumeLock({ record, group, takenUpAt }: TrackedExit): boolean {
  const { heldBefore, drift, positionId } = record
  if (heldBefore === null || !isAlive(record)) return false
  group.lock(positionId, sum(heldBefore, drift.most ?? 0), takenUpAt)
  return true
}

/**
 * How the positions in a holding have changed, where the store had kept less of them: `others` are the
 * units that other positions own now.
 */
export function changeSince({ drift }: ExitRecord, others: number): HoldingChange | undefined {
  if (drift.others === null) return undefined
  const quantity = restOf(others, drift.others)
  if (quantity === 0) return undefined
  return { kind: quantity > 0 ? 'came' : 'released', quantity: Math.abs(quantity) }
}
