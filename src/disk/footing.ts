import { statSync } from 'node:fs'
import { join } from 'node:path'

/** Files of an lmdb environment that must stay where they were opened. */
const FILES = ['data.mdb', 'lock.mdb']
/** What health shows may be so old, ms. */
const SHOWN_MS = 10
/** Commits of one moment share a result: what it misses might as well have happened right after them, ms. */
const ONE_MOMENT_MS = 1

/** What has happened to a folder that is in use. */
export type Lost = 'deleted' | 'replaced'

/**
 * Detects that the files of an open environment are not in their folder any more: lmdb goes on with
 * the files that it has open, and no later process ever sees what it writes there.
 */
export class Footing {
  private readonly folder: string
  private readonly opened: readonly (string | undefined)[]
  private checkedAt = -Infinity
  private found: Lost | undefined

  /** For an environment that was just opened in `folder`. */
  constructor(folder: string) {
    this.folder = folder
    this.opened = this.present()
  }

  /** Undefined while the files are in their folder, or where that cannot be read. For health. */
  lost(): Lost | undefined {
    return this.since(SHOWN_MS)
  }

  /** The same, before or after a commit: thousands of them may end in one turn of the event loop. */
  atCommit(): Lost | undefined {
    return this.since(ONE_MOMENT_MS)
  }

  private since(mostMs: number): Lost | undefined {
    return performance.now() - this.checkedAt < mostMs ? this.found : this.check()
  }

  /** The same, without reuse of an earlier result. */
  check(): Lost | undefined {
    this.checkedAt = performance.now()
    const present = this.present()
    const isLost = this.opened.some((each, index) => each !== present[index])
    if (!isLost) return (this.found = undefined)
    this.found = present.includes(undefined) ? 'deleted' : 'replaced'
    return this.found
  }

  private present(): (string | undefined)[] {
    return FILES.map(name => fileIdentity(join(this.folder, name)))
  }
}

/**
 * Identity of the file at a path; undefined where there is no file, an empty text where it cannot
 * be read.
 */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : ''
  }
}

/** What distinguishes a file from its copies, as far as the file system reports it. */
export interface FileOrigin {
  /** Inode number of the file. */
  readonly file: string
  /** Creation time, ns since the epoch. */
  readonly madeAt: string
  /** The file system keeps creation times: this one is not that of the last change. */
  readonly isBirth?: boolean
}

export function originOf(path: string): FileOrigin {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true })
  const isBirth = birthtimeNs !== 0n && birthtimeNs !== ctimeNs
  return { file: String(ino), madeAt: String(birthtimeNs), isBirth }
}

/**
 * Whether a file is the recorded one and not a copy of it. A copy has another creation time, and may have the inode
 * number of the file that was removed before it. Where creation times are not kept a copy differs in both: some file
 * systems assign new inode numbers to the same file, others report another creation time.
 */
export const isOriginal = (kept: FileOrigin, present: FileOrigin): boolean =>
  kept.madeAt === present.madeAt ||
  (kept.file === present.file && !(kept.isBirth === true && present.isBirth === true))
