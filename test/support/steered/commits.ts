import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '../../../src/ports/store.ts'
import { LmdbStore } from '../../../src/stores/lmdb/store.ts'
import type { CommitFault } from './steering.ts'

let faults: { readonly fault: CommitFault; left: number }[] = []
let last: Promise<unknown> = Promise.resolve()

/** Replaces the faults of later commits. */
export function harmCommits(all: readonly CommitFault[]): void {
  faults = all.map(fault => ({ fault, left: fault.times ?? Infinity }))
}

function faultOf(batch: Batch): CommitFault | undefined {
  const text = JSON.stringify(batch)
  const hit = faults.find(({ fault, left }) => left > 0 && text.includes(fault.having ?? ''))
  if (hit !== undefined) hit.left--
  return hit?.fault
}

const write = LmdbStore.prototype.write
LmdbStore.prototype.write = function (this: LmdbStore, batch: Batch) {
  const fault = faultOf(batch)
  // One commit after the other, in the order of the calls, as on a disk.
  const mine = last.then(async () => {
    if (fault?.slowMs !== undefined) await sleep(fault.slowMs)
    if (fault?.isRefused === true) throw new Error('the disk refuses the write')
  })
  last = mine.catch(() => undefined)
  return mine.then(() => write.call(this, batch))
}
