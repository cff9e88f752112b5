import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** ENOSPC, EDQUOT and EFBIG, by lmdb's numbers and Node's names. */
const FULL: readonly unknown[] = [28, 122, 27, 'ENOSPC', 'EDQUOT', 'EFBIG']

/** Whether an error says that no room is left. */
export const isFull = (error: unknown): boolean =>
  FULL.includes((Object(error) as { code?: unknown }).code)

/**
 * Free bytes at `path`, which need not exist yet; Infinity where the system does not report them.
 */
export function freeBytes(path: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(path)
    // A file system without blocks, such as /proc, is no disk.
    return blocks === 0 ? Infinity : bavail * bsize
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const parent = dirname(path)
    return isMissing && parent !== path ? freeBytes(parent) : Infinity
  }
}

/** Whether every byte of a file is allocated on the disk; false where there is no such file. */
export function isAllocated(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.blocks * 512 >= found.size
}
