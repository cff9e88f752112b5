import { join } from 'node:path'
import type { ExitRecord } from '../exits/record.ts'
import type { JournalLine, JournalQuery } from '../ports/control.ts'
import type { KeptRatchet, Registered } from '../ports/keeper.ts'
import { registerOf } from '../stores/keeper.ts'
import { openLmdbReader } from '../stores/lmdb.ts'

/** A position as it is on disk. */
export interface KeptPosition extends Registered {
  /** Best price so far. */
  readonly best: number
  /** How far its exit has come; null where there is none. */
  readonly exit: string | null
}

/** What can be seen in a data folder, whether the service runs or not. */
export interface KeptData {
  positions(): Promise<readonly KeptPosition[]>
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  close(): Promise<void>
}

/** Opens a data folder to look at it. Throws WatchkeeperError STORE_UNUSABLE where there is none. */
export async function openKeptData(dataFolder: string): Promise<KeptData> {
  const store = await openLmdbReader({ folder: join(dataFolder, 'store') })
  return {
    positions: async () => {
      const [register, ratchets, exits] = await Promise.all([
        registerOf(store),
        store.rows<KeptRatchet>('ratchets'),
        store.rows<ExitRecord>('exits'),
      ])
      return [...register.values()].map(registered => {
        const { id, entryPrice } = registered.position
        const best = ratchets.get(id)?.best ?? entryPrice
        return { ...registered, best, exit: exits.get(id)?.state.kind ?? null }
      })
    },
    journal: query => store.journal(query),
    close: () => store.abandon(),
  }
}
