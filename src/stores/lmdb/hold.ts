import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shownPath } from '../../disk/folder.ts'
import { fileIdentity, Footing, originOf, type FileOrigin } from '../../disk/footing.ts'
import { lockFile, unlockFile } from '../../disk/kernel-lock.ts'
import type { LostFolder } from '../../ports/store.ts'
import type { Owner } from '../owner.ts'
import { gone, owned } from './errors.ts'

/** Says who has locked a folder, for a process that must not open what is in it. */
export const OWNER_FILE = 'owner'

/**
 * What ties an open store to its folder: a lock of the kernel, and the files that it was opened with.
 * The folder is locked before lmdb opens it: lmdb tells processes apart by pid alone, and two of one
 * pid, in two containers, take each other's readers away.
 */
export class FolderHold {
  private readonly folder: string
  private readonly footing: Footing
  /** Which folder this process has locked; undefined where the machine cannot lock. */
  private lockedFile: string | undefined

  /** Of an environment that was just opened in `folder`, which `lockFolder` has locked. */
  constructor(folder: string, lockedFile: string | undefined) {
    this.folder = folder
    this.footing = new Footing(folder)
    this.lockedFile = lockedFile
  }

  /** Which file the data is in. */
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

  /** Throws STORE_GONE. */
  assertThere(): void {
    const lost = this.footing.look()
    if (lost !== undefined) throw gone(shownPath(this.folder), lost)
  }

  /** Says who has the folder now. */
  tell(owner: Owner): void {
    try {
      writeFileSync(join(this.folder, OWNER_FILE), `${JSON.stringify(owner)}\n`)
    } catch {
      // For people alone: a full disk is told of elsewhere.
    }
  }

  unlock(): void {
    if (this.lockedFile !== undefined) unlockFile(this.lockedFile)
    this.lockedFile = undefined
  }
}

/**
 * Locks a folder for this process; gives which one it is, or undefined where the machine cannot lock.
 * Throws STORE_OWNED where another process has it, which may be in another container.
 */
export async function lockFolder(folder: string): Promise<string | undefined> {
  const outcome = await lockFile(folder)
  if (outcome === 'busy') throw owned(tellingOwner(folder))
  return outcome === 'held' ? fileIdentity(folder) : undefined
}

/** The owner that the folder names; undefined where it names none. */
function tellingOwner(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8')) as Owner
  } catch {
    return undefined
  }
}
