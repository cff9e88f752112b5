import { statSync } from 'node:fs'
import { join } from 'node:path'

/** Files of an lmdb environment that must stay where they were opened. */
const FILES = ['data.mdb', 'lock.mdb']
/** An answer serves all who ask within so many ms. */
const FRESH_MS = 10

/** What has become of a folder that is in use. */
export type Lost = 'deleted' | 'replaced'

/**
 * Notices that the files of an open environment are not in their folder any more: lmdb goes on with
 * the files that it has open, and no later process will ever see what it writes there.
 */
export class Footing {
  private readonly folder: string
  private readonly opened: readonly (string | undefined)[]
  private lookedAt = -Infinity
  private found: Lost | undefined

  /** Of an environment that was just opened in `folder`. */
  constructor(folder: string) {
    this.folder = folder
    this.opened = this.present()
  }

  /** Undefined while all is where it was opened, or where that cannot be seen. */
  lost(): Lost | undefined {
    const now = performance.now()
    if (now - this.lookedAt >= FRESH_MS) this.look()
    return this.found
  }

  /** The same, as of this moment. */
  look(): Lost | undefined {
    this.lookedAt = performance.now()
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

/** Which file stands at a path; undefined where there is none. An empty text: it cannot be seen. */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : ''
  }
}

/** What tells a file from its copies, as far as the file system says. */
export interface FileOrigin {
  /** Number of the file. */
  readonly file: string
  /** When it was made, ns since the epoch. */
  readonly madeAt: string
}

export function originOf(path: string): FileOrigin {
  const { ino, birthtimeNs } = statSync(path, { bigint: true })
  return { file: String(ino), madeAt: String(birthtimeNs) }
}

/**
 * Whether a file is the one that `kept` was told of, and no copy of it. File systems that number their
 * files anew keep the time at which each was made, and the other way round: a copy differs in both.
 */
export const isOriginal = (kept: FileOrigin, present: FileOrigin): boolean =>
  kept.file === present.file || kept.madeAt === present.madeAt
