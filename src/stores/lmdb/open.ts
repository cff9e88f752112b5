import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Key, RootDatabase } from 'lmdb'
import { assertPath, makeFolder, shownPath } from '../../disk/folder.ts'
import { BALLAST } from '../../disk/room.ts'
import { freeBytes, isAllocated, isFull } from '../../disk/space.ts'
import { WatchkeeperError } from '../../errors.ts'
import { faultOfFile } from './file.ts'
import { OWNER_FILE } from './hold.ts'

/** Tables of the environment, except those that older versions lack. */
const TABLES = ['rows', 'journal', 'meta'] as const
/** What the folder of a store contains. */
const FILES = ['data.mdb', 'lock.mdb', BALLAST, OWNER_FILE]
/** Free disk space that opening a store needs, bytes. */
const LEAST_BYTES = 256 * 1024

/**
 * Options of a table whose values are stored with their field names. By default msgpackr embeds a
 * structure into each value, which takes four times as long. lmdb's types lack the setting.
 */
export const plainTable = (name: string): { readonly name: string } => {
  const options = { name, useRecords: false }
  return options
}

/**
 * A table of the environment.
 *
 * @throws Error where a reader opens the environment before its owner has created the table.
 */
export function tableOf<Row, Name extends Key>(
  root: RootDatabase<unknown, string>,
  options: { readonly name: string },
): Database<Row, Name> {
  const table: Database<Row, Name> | undefined = root.openDB(options)
  if (table === undefined) throw new Error('it is just being made')
  return table
}

/**
 * Creates a folder where it is missing.
 *
 * @throws Error where no environment can be opened in it.
 */
export function prepareFolder(folder: string): void {
  assertPath(folder)
  assertRoom(folder)
  makeFolder(folder)
  assertOwn(folder)
}

/** Opens the environment in a prepared folder. */
export const openRoot = (folder: string): Promise<RootDatabase<unknown, string>> =>
  openEnvironment(folder, false)

/** Opens an environment read-only. */
export const openReadOnly = (folder: string): Promise<RootDatabase<unknown, string>> =>
  openEnvironment(folder, true)

/** Maps the errors of `attempt` to the codes STORE_FULL and STORE_UNUSABLE. */
export async function usable<Result>(
  folder: string,
  attempt: () => Promise<Result>,
): Promise<Result> {
  try {
    return await attempt()
  } catch (cause) {
    if (cause instanceof WatchkeeperError) throw cause
    const text = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
    const code = isFull(cause) ? 'STORE_FULL' : 'STORE_UNUSABLE'
    const message = `the store in ${shownPath(folder)} cannot be used: ${shownPath(text)}`
    throw new WatchkeeperError(code, message, { cause })
  }
}

async function openEnvironment(
  folder: string,
  readOnly: boolean,
): Promise<RootDatabase<unknown, string>> {
  const { open } = await import('lmdb')
  await assertWhole(join(folder, 'data.mdb'))
  return open<unknown, string>({
    path: folder,
    noSubdir: false,
    maxDbs: 6,
    readOnly,
    // With batching by event turn, a failed commit also rejects a second promise that no caller can
    // catch.
    eventTurnBatching: false,
  })
}

/** Refuses a folder that holds files of another program. */
function assertOwn(folder: string): void {
  const names = readdirSync(folder)
  const foreign = names.find(name => !FILES.includes(name))
  if (foreign === undefined || names.includes('data.mdb')) return
  throw new Error(`found a foreign folder with ${foreign} in it, expected the data of a store`)
}

/** lmdb maps its lock file into memory: a write to a page that finds no room ends the process. */
function assertRoom(folder: string): void {
  if (isAllocated(join(folder, 'lock.mdb')) || freeBytes(folder) >= LEAST_BYTES) return
  const text = `the store in ${shownPath(folder)} cannot be made: there is no room left on its disk`
  throw new WatchkeeperError('STORE_FULL', text)
}

/** lmdb ends the process on a damaged file: check the file first. */
async function assertWhole(file: string): Promise<void> {
  if (!existsSync(file)) return
  const fault = await faultOfFile(file, TABLES)
  if (fault === undefined) return
  const found = fault.kind === 'foreign' ? 'a foreign file' : `a damaged file: ${fault.why}`
  throw new Error(`found ${found}, expected the data of a store`)
}
