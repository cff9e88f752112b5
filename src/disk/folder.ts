import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Longest path that Linux takes; other systems take less. */
const LONGEST_PATH = 4_096
/** Characters of a path that a person is shown at most, and of one that is longer. */
const LONG = 200
const SHOWN = 60

/**
 * Makes a folder and what is missing above it; what it made is taken away again when that fails.
 * Throws an error of one line. Not mkdir's own `recursive`: in /proc that never ends.
 */
export function makeFolder(folder: string): void {
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
    // Another process may have made the same folder meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(folder)) throw error
  }
}

/** A path for a person: its start, when it is long. */
export function shownPath(path: string): string {
  const printable = path.replaceAll('\0', '\\0')
  return printable.length <= LONG ? printable : `${printable.slice(0, SHOWN)}…`
}

/** Throws where no file system would take a path. */
export function assertPath(folder: string): void {
  if (folder.includes('\0')) throw new Error('its path holds a NUL')
  const bytes = Buffer.byteLength(resolve(folder))
  if (bytes < LONGEST_PATH) return
  throw new Error(`its path has ${bytes} bytes, expected fewer than ${LONGEST_PATH}`)
}

/** Throws where something else than a folder is in the way. */
function isFolder(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  throw new Error(`${shownPath(path)} is a file, expected a folder`)
}
