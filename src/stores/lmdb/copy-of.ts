import { closeSync, constants, copyFileSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { transactionsOf } from './file.ts'

/** How often a file is copied that its owner writes meanwhile, and the longest pause between two tries, ms. */
const MOST_TRIES = 200
const PAUSE_MS = 10

/**
 * Copies the data file of a store, which its owner may write meanwhile, into a new folder, and gives that
 * folder. lmdb does not open the file of another process: it loses commits of that process, or ends it.
 *
 * A transaction overwrites no page of the one before. Where none has ended during the copy, the copy is the
 * store as of the last one.
 *
 * @throws Error where there is no store, or its owner writes it all the time.
 */
export async function copyOf(folder: string): Promise<string> {
  const source = join(folder, 'data.mdb')
  const file = opened(source)
  const target = mkdtempSync(join(tmpdir(), 'watchkeeper-read-'))
  try {
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      const before = transactionsOf(file)
      copyFileSync(source, join(target, 'data.mdb'), constants.COPYFILE_FICLONE)
      if (before.equals(transactionsOf(file))) return target
      await sleep(Math.random() * PAUSE_MS)
    }
    throw new Error('its service writes it all the time: ask the service')
  } catch (error) {
    rmSync(target, { recursive: true, force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

function opened(source: string): number {
  try {
    return openSync(source, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error('there is no store', { cause: error })
  }
}
