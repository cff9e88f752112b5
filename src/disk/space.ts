import { statfsSync, statSync } from 'node:fs'

/** ENOSPC, EDQUOT and EFBIG, as lmdb numbers and as Node names them. */
const FULL: readonly unknown[] = [28, 122, 27, 'ENOSPC', 'EDQUOT', 'EFBIG']

/** Whether an error says that there is no room left. */
export const isFull = (error: unknown): boolean =>
  FULL.includes((Object(error) as { code?: unknown }).code)

/** Bytes that can still be written where `path` is; Infinity where the system does not tell. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return Infinity
  }
}

/** Whether every byte of a file has its place on the disk; false where there is no such file. */
export function isAllocated(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.blocks * 512 >= found.size
}
