import { randomBytes } from 'node:crypto'
import { existsSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeBytes } from './space.ts'

/** Name of the file that holds room for exits. */
export const BALLAST = 'reserve'
const BALLAST_BYTES = 1024 * 1024
/** Room that is left to exits when everything else is refused already, bytes. */
const SPARE_BYTES = 256 * 1024
/** What lmdb writes beside the rows: its tree, its list of free pages, bytes. */
const LEAST_BYTES = 64 * 1024
const BYTES_A_ROW = 4096
/** After a commit that found no room, time until the next that may find none either, ms. */
const PAUSE_MS = 5_000

/**
 * Says before a commit whether the disk has room for it. A commit that fails for want of room
 * takes everything back, but lmdb then writes a line of its own to stderr, in the middle of
 * anything. So that exits find room on a disk that somebody else has filled, a file holds some,
 * and is given up for them. When that is gone too they are still tried now and then: the data file
 * may have free pages inside.
 */
export class Room {
  private readonly folder: string
  private readonly ballast: string
  private hasBallast = false
  private failedAt = -Infinity

  constructor(folder: string) {
    this.folder = folder
    this.ballast = join(folder, BALLAST)
  }

  /** Holds room for exits, if there is enough of it; for the owner of the folder alone. */
  hold(): void {
    this.hasBallast = existsSync(this.ballast)
    if (this.hasBallast || freeBytes(this.folder) < 2 * BALLAST_BYTES) return
    try {
      // Not zeros, which some file systems do not store.
      writeFileSync(this.ballast, randomBytes(BALLAST_BYTES))
      this.hasBallast = true
    } catch {
      this.release()
    }
  }

  /** Whether a commit of `count` rows may be tried; `isExit`: it says what becomes of an exit. */
  admits(count: number, isExit: boolean): boolean {
    const free = freeBytes(this.folder)
    const needed = LEAST_BYTES + count * BYTES_A_ROW
    // What was given up for exits is left to them until there is room to hold it again.
    const kept = SPARE_BYTES + (this.hasBallast ? 0 : BALLAST_BYTES)
    if (free >= needed + kept) {
      if (!this.hasBallast) this.hold()
      return true
    }
    if (!isExit) return false
    if (free >= needed || this.release()) return true
    return performance.now() - this.failedAt >= PAUSE_MS
  }

  /** A commit has found no room. */
  failed(): void {
    this.failedAt = performance.now()
  }

  /** Gives the room up that is held; whether there was any. */
  private release(): boolean {
    if (!existsSync(this.ballast)) return false
    unlinkSync(this.ballast)
    this.hasBallast = false
    return true
  }
}
