import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Key, RootDatabase } from 'lmdb'
import { assertPath, makeFolder, shownPath } from '../../disk/folder.ts'
import { BALLAST } from '../../disk/room.ts'
import { freeBytes, isAllocated, isFull } from '../../disk/space.ts'
import { WatchkeeperError } from '../../errors.ts'
import { faultOfFile } from './file.ts'
import { OWNER_FILE } from './hold.ts'

/** Tables of the environment, without those that older releases lack. */
const TABLES = ['rows', 'journal', 'meta'] as const
/** What is found in the folder of a store. */
const FILES = ['data.mdb', 'lock.mdb', BALLAST, OWNER_FILE]
/** Room that a store which is opened needs, bytes. */
const LEAST_BYTES = 256 * 1024

/**
 * Options of a table whose values are written with the names of their fields: by default each value
 * also describes itself as a record, which takes four times as long. lmdb's types lack the setting.
 */
export const plainTable = (name: string): { readonly name: string } => {
  const options = { name, useRecords: false }
  return options
}

/** A table of the environment. Throws where a reader comes before the process that makes it. */
export function tableOf<Row, Name extends Key>(
  root: RootDatabase<unknown, string>,
  options: { readonly name: string },
): Database<Row, Name> {
  const table: Database<Row, Name> | undefined = root.openDB(options)
  if (table === undefined) throw new Error('it is just being made')
  return table
}

/** Makes a folder where it is missing. Throws where an environment cannot be opened in it. */
export function prepareFolder(folder: string): void {
  assertPath(folder)
  assertRoom(folder)
  makeFolder(folder)
  assertOwn(folder)
}

/** Opens the environment in a folder that was prepared. */
export const openRoot = (folder: string): Promise<RootDatabase<unknown, string>> =>
  openEnvironment(folder, false)

/** Opens an environment to look at it. */
export async function openReadOnly(folder: string): Promise<RootDatabase<unknown, string>> {
  if (!existsSync(join(folder, 'data.mdb'))) throw new Error('there is no store')
  return openEnvironment(folder, true)
}

/** Gives the errors of `attempt` a code: STORE_FULL or STORE_UNUSABLE. */
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
  assertWhole(join(folder, 'data.mdb'))
  return open<unknown, string>({
    path: folder,
    noSubdir: false,
    maxDbs: 6,
    readOnly,
    // With batching by turns a commit that fails also rejects a promise that nobody can wait for.
    eventTurnBatching: false,
  })
}

/** A folder with files of something else is not ours to write in. */
function assertOwn(folder: string): void {
  const names = readdirSync(folder)
  const foreign = names.find(name => !FILES.includes(name))
  if (foreign === undefined || names.includes('data.mdb')) return
  throw new Error(`found a foreign folder with ${foreign} in it, expected the data of a store`)
}

/** lmdb maps its lock file: writing to a page of it that finds no room ends the process. */
function assertRoom(folder: string): void {
  if (isAllocated(join(folder, 'lock.mdb')) || freeBytes(folder) >= LEAST_BYTES) return
  const text = `the store in ${shownPath(folder)} cannot be made: there is no room left on its disk`
  throw new WatchkeeperError('STORE_FULL', text)
}

/** lmdb ends the process on a file that is not whole: look before it does. */
function assertWhole(file: string): void {
  if (!existsSync(file)) return
  const fault = faultOfFile(file, TABLES)
  if (fault === undefined) return
  const found = fault.kind === 'foreign' ? 'a foreign file' : `a damaged file: ${fault.why}`
  throw new Error(`found ${found}, expected the data of a store`)
}
