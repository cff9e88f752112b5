import { freeBytes } from './space.ts'

/** What is left for exits when everything else is refused already, bytes. */
const RESERVE_BYTES = 1024 * 1024
/** What lmdb writes beside the rows: its tree, its list of free pages, bytes. */
const LEAST_BYTES = 64 * 1024
const BYTES_A_ROW = 4096
/** After a commit that found no room, time until the next that may find none either, ms. */
const PAUSE_MS = 5_000

/**
 * Says before a commit whether the disk has room for it. A commit that fails for want of room
 * takes everything back, but lmdb then writes a line of its own to stderr, in the middle of
 * anything. The last of the room is for exits. On a disk without any they are still tried now and
 * then: the file may have free pages inside.
 */
export class Room {
  private readonly folder: string
  private failedAt = -Infinity

  constructor(folder: string) {
    this.folder = folder
  }

  /** Whether a commit of `count` rows may be tried; `isExit`: it says what becomes of an exit. */
  admits(count: number, isExit: boolean): boolean {
    const free = freeBytes(this.folder)
    const needed = LEAST_BYTES + count * BYTES_A_ROW
    if (free >= needed + (isExit ? 0 : RESERVE_BYTES)) return true
    return isExit && performance.now() - this.failedAt >= PAUSE_MS
  }

  /** A commit has found no room. */
  failed(): void {
    this.failedAt = performance.now()
  }
}
