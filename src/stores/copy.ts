import { createHash } from 'node:crypto'
import { WatchkeeperError } from '../errors.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { Row, Snapshot, Store } from '../ports/store.ts'
import { TABLES } from './redis/keys.ts'

/** A store that is copied from; no other process writes it meanwhile. */
export interface CopySource extends Pick<Store, 'rows' | 'journal'> {
  /** The highest number that a journal line ever had. */
  lastSeq(): Promise<number>
  /** All tables as of one moment, where the store has that. */
  snapshot?(): Promise<Snapshot>
}

/** A store that is copied to. */
export interface CopyTarget extends CopySource {
  /** Deletes everything; until `finish` no process accepts the store as complete. */
  begin(): Promise<void>
  put(rows: readonly Row[], lines: readonly JournalLine[]): Promise<void>
  /** Marks the store as complete; new journal lines continue behind `lastSeq`. */
  finish(lastSeq: number): Promise<void>
}

export interface CopyOptions {
  readonly from: CopySource
  readonly to: CopyTarget
  /** Replaces the content of the target where it differs from the source. */
  readonly overwrites: boolean
  /** Called with the rows and lines written so far, and their total. */
  onProgress(done: number, all: number): void
}

/** Size of a store's content, and a checksum over all of it. */
export interface Content {
  readonly rows: number
  readonly lines: number
  /** SHA-256, hex. */
  readonly checksum: string
}

export interface Copied extends Content {
  /** True where the target held all of it before. */
  readonly wasThere: boolean
}

const AT_ONCE = 500

/**
 * Copies the source into the target and verifies the result. Repeating it changes nothing; an
 * interrupted copy starts anew.
 *
 * @throws WatchkeeperError STORE_NOT_EMPTY where the target holds something else, COPY_FAILED where
 * its content differs afterwards.
 */
export async function copyStore({
  from,
  to,
  overwrites,
  onProgress,
}: CopyOptions): Promise<Copied> {
  const wanted = await contentOf(from)
  const present = await contentOf(to)
  if (present.checksum === wanted.checksum) return { ...wanted, wasThere: true }
  if (!overwrites && present.rows + present.lines > 0) throw notEmpty(present)
  await to.begin()
  const all = wanted.rows + wanted.lines
  let done = 0
  const put = async (rows: readonly Row[], lines: readonly JournalLine[]): Promise<void> => {
    await to.put(rows, lines)
    done += rows.length + lines.length
    onProgress(done, all)
  }
  for (const table of TABLES) {
    const rows = [...(await from.rows<unknown>(table))].map(([key, value]): Row => ({
      table,
      key,
      value,
    }))
    for (let at = 0; at < rows.length; at += AT_ONCE) await put(rows.slice(at, at + AT_ONCE), [])
  }
  for await (const page of pagesOf(from)) await put([], page)
  const written = await contentOf(to)
  if (written.checksum !== wanted.checksum) throw unequal(wanted, written)
  await to.finish(await from.lastSeq())
  return { ...wanted, wasThere: false }
}

async function contentOf(store: CopySource): Promise<Content> {
  const hash = createHash('sha256')
  let rows = 0
  let lines = 0
  const take = (what: readonly unknown[]): void => void hash.update(`${canonical(what)}\n`)
  for (const table of TABLES) {
    for (const [key, value] of await store.rows<unknown>(table)) {
      take([table, key, value])
      rows++
    }
  }
  for await (const page of pagesOf(store)) {
    for (const line of page) take([line])
    lines += page.length
  }
  return { rows, lines, checksum: hash.digest('hex') }
}

async function* pagesOf(store: CopySource): AsyncGenerator<readonly JournalLine[]> {
  let after = 0
  for (;;) {
    const page = await store.journal({ after, limit: AT_ONCE })
    if (page.length === 0) return
    yield page
    after = page.at(-1)!.seq
  }
}

/** JSON with sorted fields, so that stores with another field order give the same checksum. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )

function notEmpty({ rows, lines }: Content): WatchkeeperError {
  const text = `the target holds ${rows} rows and ${lines} journal lines that are not those of the source; --overwrite replaces them`
  return new WatchkeeperError('STORE_NOT_EMPTY', text)
}

const described = ({ rows, lines, checksum }: Content): string =>
  `${rows} rows, ${lines} lines, ${checksum.slice(0, 16)}`

function unequal(wanted: Content, written: Content): WatchkeeperError {
  const text = `the target does not hold what was copied: found ${described(written)}, expected ${described(wanted)}`
  return new WatchkeeperError('COPY_FAILED', text)
}
