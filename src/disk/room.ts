import { randomBytes } from 'node:crypto'
import { existsSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeBytes } from './space.ts'

/** Name of the file that reserves disk space for exits. */
export const BALLAST = 'reserve'
const BALLAST_BYTES = 1024 * 1024
/** Disk space that stays free for exits when all other writes are refused, bytes. */
const SPARE_BYTES = 256 * 1024
/** What lmdb writes beside the rows: its tree and its list of free pages, bytes. */
const LEAST_BYTES = 64 * 1024
const BYTES_A_ROW = 4096
/** Delay after a commit without room until the next attempt, ms. */
const PAUSE_MS = 5_000
/** Commits of one moment share one reading of the disk, less what each of them takes, ms. */
const ONE_MOMENT_MS = 1

/**
 * Decides before a commit whether the disk has room for it. A commit that fails for lack of room is
 * rolled back, but lmdb then writes a line of its own to stderr, in the middle of other output. A
 * file reserves space, so that exits find room on a disk that another program has filled; exits get
 * that space when it is needed. Once it is used up, exits are still attempted now and then: the
 * data file may contain free pages.
 */
export class Room {
  private readonly folder: string
  private readonly ballast: string
  private hasBallast = false
  private failedAt = -Infinity
  /** Free bytes as read at `readAt` (monotonic ms), less what commits were admitted to take since. */
  private free = 0
  private readAt = -Infinity

  constructor(folder: string) {
    this.folder = folder
    this.ballast = join(folder, BALLAST)
  }

  /** Reserves space for exits, if there is enough; only the owner of the folder does. */
  hold(): void {
    this.hasBallast = existsSync(this.ballast)
    if (this.hasBallast || freeBytes(this.folder) < 2 * BALLAST_BYTES) return
    try {
      // Random bytes, because some file systems do not allocate blocks for zeros.
      writeFileSync(this.ballast, randomBytes(BALLAST_BYTES))
      this.hasBallast = true
      this.readAt = -Infinity
    } catch {
      this.release()
    }
  }

  /** Whether a commit of `count` rows may be attempted; `isExit`: it decides about an exit. */
  admits(count: number, isExit: boolean): boolean {
    const needed = LEAST_BYTES + count * BYTES_A_ROW
    // Released space stays available to exits until there is room to reserve it again.
    const kept = SPARE_BYTES + (this.hasBallast ? 0 : BALLAST_BYTES)
    const free = this.freeNow(needed + kept)
    this.free = free - needed
    if (free >= needed + kept) {
      if (!this.hasBallast) this.hold()
      return true
    }
    if (!isExit) return false
    if (free >= needed || this.release()) return true
    return performance.now() - this.failedAt >= PAUSE_MS
  }

  /** Free bytes; read anew where less than `wanted` was left of the last reading. */
  private freeNow(wanted: number): number {
    const now = performance.now()
    if (now - this.readAt < ONE_MOMENT_MS && this.free >= wanted) return this.free
    this.readAt = now
    return freeBytes(this.folder)
  }

  /** Call when a commit has found no room. */
  failed(): void {
    this.readAt = -Infinity
    this.failedAt = performance.now()
  }

  /** Releases the reserved space; returns whether there was any. */
  private release(): boolean {
    if (!existsSync(this.ballast)) return false
    unlinkSync(this.ballast)
    this.hasBallast = false
    this.readAt = -Infinity
    return true
  }
}
