import { open, rename, rm, stat } from 'node:fs/promises'
import { shownPath } from '../disk/folder.ts'
import { UsageError } from '../errors.ts'
import type { RedisLogin } from '../redis/options.ts'
import { accountSource, removalsOf } from '../stores/account-copy.ts'
import { backupSource, readBackup } from '../stores/backup.ts'
import { copyStore, type Copied } from '../stores/copy.ts'
import {
  openToCopyFrom,
  openToCopyTo,
  paperOf,
  storePlace,
  type OwnedSource,
} from '../stores/place.ts'

export interface StoreCopyOptions {
  /** As a person names them. */
  readonly from: string
  readonly to: string
  readonly overwrites: boolean
  readonly login: RedisLogin
  /** One account alone; undefined: everything. */
  readonly account?: AccountCopy | undefined
  onProgress(done: number, all: number): void
}

/** One account of a store on its way to the store of another process. */
export interface AccountCopy {
  readonly name: string
  /** Its name in the other store. */
  readonly as: string
  /** Deletes it in the source once the copy is proved. */
  readonly takesOut: boolean
}

export interface RestoreOptions extends Omit<StoreCopyOptions, 'from' | 'account'> {
  /** What `backupOf` has written. */
  readonly file: string
}

/** Makes a store of a backup. Throws BACKUP_UNUSABLE, and as `copyBetween` does. */
export async function restoreTo({ file, login, ...options }: RestoreOptions): Promise<Copied> {
  const from = backupSource(readBackup(file))
  const to = await openToCopyTo(storePlace(options.to, login))
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
  login,
  account,
  ...options
}: StoreCopyOptions): Promise<Copied & { readonly paper?: string }> {
  const from = await openToCopyFrom(storePlace(options.from, login))
  try {
    const source =
      account === undefined
        ? from.part
        : await accountSource(from.part, { account: account.name, as: account.as })
    const to = await openToCopyTo(storePlace(options.to, login))
    let copied: Copied
    try {
      copied = await copyStore({ ...options, from: source, to: to.part })
    } finally {
      await to.close()
    }
    // The copy is whole in its place: from here on the account is guarded there.
    if (account?.takesOut === true) await takeOut(from.part, account.name)
    const paper = paperOf(options.from, account?.name)
    return paper === undefined ? copied : { ...copied, paper }
  } finally {
    await from.close()
  }
}

/** Rows that are deleted in one commit. */
const AT_ONCE = 500

async function takeOut(source: OwnedSource, account: string): Promise<void> {
  const rows = await removalsOf(source, account)
  for (let at = 0; at < rows.length; at += AT_ONCE)
    await source.remove(rows.slice(at, at + AT_ONCE))
}

/**
 * Writes a backup to a file, which appears, or is replaced, when the backup is on disk as a whole. Gives
 * how much it holds.
 * @throws BACKUP_UNUSABLE for one that was cut off; BAD_USAGE where the path is a folder or a device.
 */
export async function writeBackup(
  file: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ readonly rows: number; readonly lines: number }> {
  if ((await stat(file).catch(() => undefined))?.isFile() === false)
    throw new UsageError(
      `found ${shownPath(file)}, which is no file; expected the path of a backup`,
    )
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
