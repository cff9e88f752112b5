import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** ENOSPC, EDQUOT and EFBIG, as lmdb numbers and as Node names them. */
const FULL: readonly unknown[] = [28, 122, 27, 'ENOSPC', 'EDQUOT', 'EFBIG']

/** Whether an error says that there is no room left. */
export const isFull = (error: unknown): boolean =>
  FULL.includes((Object(error) as { code?: unknown }).code)

/**
 * Bytes that can still be written where `path` is, or is to be made; Infinity where the system does
 * not tell.
 */
export function freeBytes(path: string): number {
  try {
    const { blocks, bavail, bsize } = statfsSync(path)
    // What has no blocks at all, such as /proc, is no disk.
    return blocks === 0 ? Infinity : bavail * bsize
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const parent = dirname(path)
    return isMissing && parent !== path ? freeBytes(parent) : Infinity
  }
}

/** Whether every byte of a file has its place on the disk; false where there is no such file. */
export function isAllocated(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.blocks * 512 >= found.size
}
