import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { assertPath, makeFolder } from '../disk/folder.ts'
import { BALLAST } from '../disk/room.ts'
import { freeBytes, isAllocated } from '../disk/space.ts'

/** What the folder of an account contains. */
const FILES = ['data.mdb', 'lock.mdb', BALLAST]
/** Free disk space that opening an account needs, bytes. */
const LEAST_BYTES = 256 * 1024
/** Offset of lmdb's magic number. lmdb does not check it, and crashes on a file without it. */
const MAGIC_AT = 24
const MAGIC = 0xbeefc0de

/** The lmdb environment of a paper account. */
export type PaperRoot = RootDatabase<unknown, string>

/** Opens the environment of a paper account; the folder is made where it is missing. */
export function openPaperRoot(folder: string, fresh: boolean): PaperRoot {
  assertPaperFolder(folder)
  makeFolder(folder)
  if (fresh) for (const file of FILES) rmSync(join(folder, file), { force: true })
  // Without overlapping, a commit is on disk when its promise resolves. With batching by event
  // turn, a failed commit also rejects a second promise that no caller can catch.
  return open<unknown, string>({
    path: folder,
    maxDbs: 4,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
  })
}

/** @throws Error where a folder cannot hold a paper account; changes nothing. */
export function assertPaperFolder(folder: string): void {
  assertPath(folder)
  assertRoom(folder)
  if (!existsSync(folder)) return
  assertOwn(folder)
  assertDatabase(join(folder, 'data.mdb'))
}

/** Refuses a folder that holds files of another program. */
function assertOwn(folder: string): void {
  const names = readdirSync(folder)
  const foreign = names.find(name => !FILES.includes(name))
  if (foreign === undefined || names.includes('data.mdb')) return
  throw new Error(`it is a foreign folder with ${foreign} in it`)
}

/** lmdb maps its lock file into memory: a write to a page that finds no room ends the process. */
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
