import { open, rename, rm } from 'node:fs/promises'
import { backupSource, readBackup } from '../stores/backup.ts'
import { copyStore, type Copied } from '../stores/copy.ts'
import { openToCopyFrom, openToCopyTo, paperOf, storePlace } from '../stores/place.ts'

export interface StoreCopyOptions {
  /** As a person names them. */
  readonly from: string
  readonly to: string
  readonly overwrites: boolean
  readonly password: string | undefined
  onProgress(done: number, all: number): void
}

export interface RestoreOptions extends Omit<StoreCopyOptions, 'from'> {
  /** What `backupOf` has written. */
  readonly file: string
}

/** Makes a store of a backup. Throws BACKUP_UNUSABLE, and as `copyBetween` does. */
export async function restoreTo({ file, password, ...options }: RestoreOptions): Promise<Copied> {
  const from = backupSource(readBackup(file))
  const to = await openToCopyTo(storePlace(options.to, password))
  try {
    return await copyStore({ ...options, from, to: to.part })
  } finally {
    await to.close()
  }
}

/**
 * Copies one store to another; both are owned meanwhile. `paper` is the folder of a paper account that
 * stays where it is. Throws as `copyStore` and opening do.
 */
export async function copyBetween({
  password,
  ...options
}: StoreCopyOptions): Promise<Copied & { readonly paper?: string }> {
  const from = await openToCopyFrom(storePlace(options.from, password))
  try {
    const to = await openToCopyTo(storePlace(options.to, password))
    try {
      const copied = await copyStore({ ...options, from: from.part, to: to.part })
      const paper = paperOf(options.from)
      return paper === undefined ? copied : { ...copied, paper }
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

/**
 * Writes a backup to a file, which appears, or is replaced, when the backup is on disk as a whole. Gives
 * how much it holds. Throws BACKUP_UNUSABLE for one that was cut off.
 */
export async function writeBackup(
  file: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ readonly rows: number; readonly lines: number }> {
  const part = `${file}.part`
  try {
    const target = await open(part, 'w', 0o600)
    try {
      for await (const piece of pieces) await target.write(piece)
      await target.sync()
    } finally {
      await target.close()
    }
    const { tables, lines } = readBackup(part)
    await rename(part, file)
    const rows = [...tables.values()].reduce((sum, table) => sum + table.size, 0)
    return { rows, lines: lines.length }
  } finally {
    await rm(part, { force: true })
  }
}
