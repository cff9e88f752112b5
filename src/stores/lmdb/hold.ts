import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shownPath } from '../../disk/folder.ts'
import { fileIdentity, Footing, originOf, type FileOrigin } from '../../disk/footing.ts'
import { lockFile, unlockFile } from '../../disk/kernel-lock.ts'
import type { LostFolder } from '../../ports/store.ts'
import type { Owner } from '../owner.ts'
import { gone, owned } from './errors.ts'

/**
 * File that names the process which has locked a folder, for a process that must not open the
 * store.
 */
export const OWNER_FILE = 'owner'

/**
 * Ties an open store to its folder: a kernel lock, and the identity of the files that it was opened
 * with. The folder is locked before lmdb opens it: lmdb identifies processes by pid only, and two
 * processes with the same pid in two containers remove each other's readers.
 */
export class FolderHold {
  private readonly folder: string
  private readonly footing: Footing
  /**
   * Identity of the folder that this process has locked; undefined where the machine cannot lock.
   */
  private lockedFile: string | undefined

  /** For an environment that was just opened in `folder`, which `lockFolder` has locked. */
  constructor(folder: string, lockedFile: string | undefined) {
    this.folder = folder
    this.footing = new Footing(folder)
    this.lockedFile = lockedFile
  }

  /** Identity of the data file. */
  get origin(): FileOrigin {
    return originOf(join(this.folder, 'data.mdb'))
  }

  get isLocked(): boolean {
    return this.lockedFile !== undefined
  }

  /** The folder, where it was deleted or replaced since. */
  get lost(): readonly LostFolder[] {
    const lost = this.footing.lost()
    return lost === undefined ? [] : [{ place: shownPath(this.folder), lost }]
  }

  /** @throws WatchkeeperError STORE_GONE. */
  assertThere(): void {
    const lost = this.footing.atCommit()
    if (lost !== undefined) throw gone(shownPath(this.folder), lost)
  }

  /** Writes who owns the folder into its owner file. */
  name(owner: Owner): void {
    try {
      writeFileSync(join(this.folder, OWNER_FILE), `${JSON.stringify(owner)}\n`)
    } catch {
      // The file serves messages only; a full disk is reported elsewhere.
    }
  }

  unlock(): void {
    if (this.lockedFile !== undefined) unlockFile(this.lockedFile)
    this.lockedFile = undefined
  }
}

/**
 * Locks a folder for this process; returns its identity, or undefined where the machine cannot
 * lock.
 *
 * @throws WatchkeeperError STORE_OWNED where another process has locked it, which may run in
 * another container.
 */
export async function lockFolder(folder: string): Promise<string | undefined> {
  const outcome = await lockFile(folder)
  if (outcome === 'busy') throw owned(namedOwner(folder))
  return outcome === 'held' ? fileIdentity(folder) : undefined
}

/** The owner that the folder names; undefined where it names none. */
function namedOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8')) as Owner
  } catch {
    return undefined
  }
}
