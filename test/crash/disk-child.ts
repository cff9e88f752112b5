import { join } from 'node:path'
import { openKeptData } from '../../src/app/offline.ts'
import type { DiskAnswer, DiskQuestion } from './disk.ts'

/** More journal lines than a run ever writes. */
const LONGEST_JOURNAL = 10_000

async function diskOf(folder: string): Promise<Omit<DiskAnswer, 'id'>> {
  const data = await openKeptData(join(folder, 'data')).catch(() => undefined)
  if (data === undefined) return { positions: [], journal: [], storeId: '' }
  try {
    const positions = await data.positions()
    const journal = await data.journal({ after: 0, limit: LONGEST_JOURNAL })
    return { positions, journal, storeId: await data.storeId() }
  } finally {
    await data.close()
  }
}

process.on('message', ({ id, folder }: DiskQuestion) => {
  void diskOf(folder).then(disk => process.send!({ id, ...disk } satisfies DiskAnswer))
})
process.on('disconnect', () => process.exit())
