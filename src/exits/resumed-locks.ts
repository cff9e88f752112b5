import type { PositionId } from '../domain/ids.ts'
import type { HoldingChange } from './events.ts'
import { changeSince, resumeLock } from './holding-lock.ts'
import type { TrackedExit } from './tracked-exit.ts'

interface Resuming {
  entryOf(id: PositionId): TrackedExit | undefined
  /** Units of the holding that other positions own now. */
  othersIn(entry: TrackedExit): number
  drifted(entry: TrackedExit, by: HoldingChange): void
}

/**
 * Exits of an earlier process that hold the lock on their holding, until all positions of that process are
 * there: the positions that came last were not kept with the exit. Changes itself.
 */
export class ResumedLocks {
  private readonly ids = new Set<PositionId>()

  /** An earlier process has left this exit; takes the lock where its holding is the evidence. */
  resume(entry: TrackedExit): void {
    if (resumeLock(entry)) this.ids.add(entry.record.positionId)
  }

  /** All positions are there: what came or went since the exit was kept is a change of its holding. */
  settle(alone: (id: PositionId, work: () => void) => void, around: Resuming): void {
    if (this.ids.size === 0) return
    const ids = [...this.ids]
    this.ids.clear()
    for (const id of ids) alone(id, () => settleOne(id, around))
  }
}

function settleOne(id: PositionId, { entryOf, othersIn, drifted }: Resuming): void {
  const entry = entryOf(id)
  const by = entry && changeSince(entry.record, othersIn(entry))
  if (entry === undefined || by === undefined) return
  drifted(entry, by)
  resumeLock(entry)
}
