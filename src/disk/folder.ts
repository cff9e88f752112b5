import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Longest path that Linux accepts, bytes; other systems accept less. */
const LONGEST_PATH = 4_096
/** Most characters of a path in a message, and of the start that is shown of a longer one. */
const LONG = 200
const SHOWN = 60

/**
 * Creates a folder and its missing parents; on failure it removes what it created. Not mkdir's own
 * `recursive`: in /proc that never returns.
 *
 * @throws Error of one line.
 */
export function makeFolder(folder: string): void {
  missingMade(folder)
}

/** Throws as `makeFolder` does where the folder cannot be created; leaves nothing behind. */
export function assertCanMake(folder: string): void {
  for (const path of missingMade(folder)) rmdirSync(path)
}

/** Throws where a file cannot be written; leaves nothing behind, and what exists as it is. */
export function assertCanWrite(file: string): void {
  const isNew = !existsSync(file)
  closeSync(openSync(file, 'a'))
  if (isNew) rmSync(file)
}

/** The folders that it has created, innermost first. */
function missingMade(folder: string): readonly string[] {
  assertPath(folder)
  const missing: string[] = []
  for (let path = resolve(folder); !isFolder(path); path = dirname(path)) missing.unshift(path)
  const made: string[] = []
  try {
    for (const path of missing) {
      mkdirSync(path)
      made.unshift(path)
    }
  } catch (error) {
    for (const path of made) rmdirSync(path)
    // Another process may have created the same folder meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(folder)) throw error
    return []
  }
  return made
}

/** A path for messages: only its start, when it is long. */
export function shownPath(path: string): string {
  const printable = path.replaceAll('\0', '\\0')
  return printable.length <= LONG ? printable : `${printable.slice(0, SHOWN)}…`
}

/** @throws Error for a path that no file system accepts. */
export function assertPath(folder: string): void {
  if (folder.includes('\0')) throw new Error('its path holds a NUL')
  const bytes = Buffer.byteLength(resolve(folder))
  if (bytes < LONGEST_PATH) return
  throw new Error(`its path has ${bytes} bytes, expected fewer than ${LONGEST_PATH}`)
}

/** @throws Error where the path leads to something else than a folder. */
function isFolder(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  throw new Error(`${shownPath(path)} is a file, expected a folder`)
}
