import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { assertPath, makeFolder } from '../disk/folder.ts'
import { BALLAST } from '../disk/room.ts'
import { freeBytes, isAllocated } from '../disk/space.ts'

/** What is found in the folder of an account. */
const FILES = ['data.mdb', 'lock.mdb', BALLAST]
/** Room that an account which is opened needs, bytes. */
const LEAST_BYTES = 256 * 1024
/** Where lmdb keeps the number that marks its files, which it does not check itself: it crashes. */
const MAGIC_AT = 24
const MAGIC = 0xbeefc0de

/** Opens the environment of a paper account; the folder is made where it is missing. */
export function openPaperRoot(folder: string, fresh: boolean): RootDatabase<unknown, string> {
  assertPaperFolder(folder)
  makeFolder(folder)
  if (fresh) for (const file of FILES) rmSync(join(folder, file), { force: true })
  // Without overlapping a commit is on disk when its promise resolves.
  // With batching by turns a commit that fails also rejects a promise that nobody can wait for.
  return open<unknown, string>({
    path: folder,
    maxDbs: 4,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
  })
}

/** Throws, and changes nothing, where a folder cannot hold a paper account. */
export function assertPaperFolder(folder: string): void {
  assertPath(folder)
  assertRoom(folder)
  if (!existsSync(folder)) return
  assertOwn(folder)
  assertDatabase(join(folder, 'data.mdb'))
}

/** A folder with files of something else is not ours to write in. */
function assertOwn(folder: string): void {
  const names = readdirSync(folder)
  const foreign = names.find(name => !FILES.includes(name))
  if (foreign === undefined || names.includes('data.mdb')) return
  throw new Error(`it is a foreign folder with ${foreign} in it`)
}

/** lmdb maps its lock file: writing to a page of it that finds no room ends the process. */
function assertRoom(folder: string): void {
  if (isAllocated(join(folder, 'lock.mdb')) || freeBytes(folder) >= LEAST_BYTES) return
  throw Object.assign(new Error('there is no room left on its disk'), { code: 'ENOSPC' })
}

function assertDatabase(path: string): void {
  if (!existsSync(path)) return
  const head = Buffer.alloc(MAGIC_AT + 4)
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, head, 0, head.length, 0)
    if (length === 0 || head.readUInt32LE(MAGIC_AT) === MAGIC) return
    throw new Error('data.mdb is not a database')
  } finally {
    closeSync(file)
  }
}
