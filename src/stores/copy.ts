import { createHash } from 'node:crypto'
import { WatchkeeperError } from '../errors.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { Row, Store } from '../ports/store.ts'
import { TABLES } from './redis/keys.ts'

/** A store that is read; nobody else writes it meanwhile. */
export interface CopySource extends Pick<Store, 'rows' | 'journal'> {
  /** The highest number that a journal line was ever given. */
  lastSeq(): Promise<number>
}

/** A store that is written. */
export interface CopyTarget extends CopySource {
  /** Takes away everything; until `finish` nobody takes it for whole. */
  begin(): Promise<void>
  put(rows: readonly Row[], lines: readonly JournalLine[]): Promise<void>
  /** Journal lines go on behind `lastSeq`. */
  finish(lastSeq: number): Promise<void>
}

export interface CopyOptions {
  readonly from: CopySource
  readonly to: CopyTarget
  /** Replaces what the target has, if that is something else. */
  readonly overwrites: boolean
  /** Told of rows and lines that are written so far, of all. */
  onProgress(done: number, all: number): void
}

/** What a store has: how much, and a checksum over all of it. */
export interface Content {
  readonly rows: number
  readonly lines: number
  /** SHA-256, hex. */
  readonly checksum: string
}

export interface Copied extends Content {
  /** The target had all of it before. */
  readonly wasThere: boolean
}

const AT_ONCE = 500

/**
 * Makes the target hold what the source holds, and proves it. Doing it again changes nothing; one that
 * was interrupted begins anew. Throws STORE_NOT_EMPTY where the target holds something else,
 * COPY_FAILED where it does not hold the same afterwards.
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

/** JSON whose fields are sorted, so that two stores that order them otherwise agree. */
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
