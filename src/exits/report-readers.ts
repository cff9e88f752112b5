import type { PositionId } from '../domain/ids.ts'
import type { ExitRecord } from './record.ts'

/** What an exit waits for: a report on its holding, the lock on it, or a call of its own. */
export type Awaits = 'report' | 'lock' | 'call'

/** What an exit waits for; `call`: the end of a call, before which no action follows. */
export function awaitsOf({ state, isDoubted }: Pick<ExitRecord, 'state' | 'isDoubted'>): Awaits {
  switch (state.kind) {
    case 'queued':
    case 'sending':
    case 'flat':
      return 'call'
    case 'intended':
      return isDoubted ? 'report' : 'lock'
    case 'intending':
    case 'acknowledged':
    case 'partly-filled':
    case 'unknown':
    case 'rejected':
    case 'foreign':
    case 'filled':
      return 'report'
  }
}

/**
 * The exits of one holding that a report on it can lead on: a gap in a market makes thousands of exits in
 * one holding, and each of them causes reports. Changes itself.
 */
export class ReportReaders {
  /** Undefined until there is the first exit: most holdings have none for long. */
  private waiting: Readonly<Record<'reading' | 'queue', Set<PositionId>>> | undefined

  /** An exit has this record now. */
  place(record: Pick<ExitRecord, 'positionId' | 'state' | 'isDoubted'>): void {
    const { positionId } = record
    const awaits = awaitsOf(record)
    this.waiting ??= { reading: new Set(), queue: new Set() }
    move(this.waiting.reading, positionId, awaits === 'report')
    move(this.waiting.queue, positionId, awaits === 'lock')
  }

  /** An exit is over, or its position was released. */
  remove(id: PositionId): void {
    this.waiting?.reading.delete(id)
    this.waiting?.queue.delete(id)
  }

  /**
   * The exits to evaluate, one after the other; those that wait for the lock on the holding only as long as
   * it is free, which is asked before each.
   */
  *ids(isLockFree: () => boolean): Iterable<PositionId> {
    if (this.waiting === undefined) return
    const { reading, queue } = this.waiting
    yield* Array.from(reading)
    // An exit that comes back into the queue meanwhile stands behind all that were in it.
    let left = queue.size
    for (const id of queue) {
      if (left-- === 0 || !isLockFree()) return
      yield id
    }
  }
}

function move(ids: Set<PositionId>, id: PositionId, isIn: boolean): void {
  if (isIn) ids.add(id)
  else ids.delete(id)
}
