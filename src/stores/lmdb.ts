import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { unlockFile } from '../disk/kernel-lock.ts'
import { copyOf } from './lmdb/copy-of.ts'
import { lockFolder } from './lmdb/hold.ts'
import { openReadOnly, openRoot, prepareFolder, usable } from './lmdb/open.ts'
import { LmdbStore } from './lmdb/store.ts'

export interface LmdbStoreOptions {
  /** Created where it is missing. */
  readonly folder: string
}

/**
 * Opens the embedded store in a folder and claims it.
 *
 * @throws WatchkeeperError STORE_OWNED while another process owns it, STORE_UNUSABLE for an
 * unusable folder or file, STORE_FULL where the disk has no room, STORE_NEWER for a store of a
 * later version.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<LmdbStore> {
  const store = await attachLmdbStore(options)
  try {
    await usable(options.folder, () => store.claim(randomUUID()))
    return store
  } catch (error) {
    await store.abandon()
    throw error
  }
}

/** Opens the embedded store in a folder without a claim; throws as `openLmdbStore` does. */
export async function attachLmdbStore({ folder }: LmdbStoreOptions): Promise<LmdbStore> {
  return usable(folder, async () => {
    prepareFolder(folder)
    const locked = await lockFolder(folder)
    try {
      return await LmdbStore.in(await openRoot(folder), folder, locked)
    } catch (error) {
      if (locked !== undefined) unlockFile(locked)
      throw error
    }
  })
}

/**
 * Opens a store as of this moment to read it, also while its owner runs and writes it.
 *
 * @throws WatchkeeperError STORE_UNUSABLE where there is no store.
 */
export async function openLmdbReader({
  folder,
}: LmdbStoreOptions): Promise<Pick<LmdbStore, Reads>> {
  return usable(folder, async () => {
    const copy = await copyOf(folder)
    try {
      return await LmdbStore.in(await openReadOnly(copy), copy)
    } finally {
      // What is open stays readable.
      rmSync(copy, { recursive: true, force: true })
    }
  })
}

/** The operations of a reader. */
type Reads = 'rows' | 'snapshot' | 'journal' | 'lastSeq' | 'abandon'
