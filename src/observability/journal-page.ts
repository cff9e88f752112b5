import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import { nextTurn } from '../ports/turns.ts'

/** Lines that one read of the store takes at most: other work of the process waits for no more than these. */
const READ_LINES = 500
/** Lines that one request reads at most; the next request continues behind them. */
const MOST_READ = 20_000

/** What a request wants of the journal. `after` reads forwards; `last` reads backwards, below `before`. */
export interface JournalWanted {
  readonly after: number
  readonly limit: number
  readonly last?: number | undefined
  readonly before?: number | undefined
  readonly kind?: string | undefined
  readonly positionId?: string | undefined
}

/** One page of the journal, oldest line first. */
export interface JournalPage {
  readonly lines: readonly JournalLine[]
  /** `after` of the next page, or `before` where the page was read backwards; null where no more follow. */
  readonly next: number | null
}

type Read = (query: JournalQuery) => Promise<readonly JournalLine[]>

/**
 * Reads one page of the journal. A filter by kind reads on until the page is full, within a bound: a page may be
 * short, or empty, and still have a next one.
 */
export function journalPage(read: Read, wanted: JournalWanted): Promise<JournalPage> {
  return wanted.last === undefined
    ? forwards(read, wanted)
    : backwards(read, { ...wanted, last: wanted.last })
}

async function forwards(
  read: Read,
  { after: start, limit, kind, positionId }: JournalWanted,
): Promise<JournalPage> {
  const lines: JournalLine[] = []
  let after = start
  for (let count = 0; count < MOST_READ; count += READ_LINES) {
    // One line more than the page has room for says whether another page follows.
    const size = kind === undefined ? limit + 1 : READ_LINES
    const found = await read({
      after,
      limit: size,
      ...(positionId !== undefined && { positionId }),
    })
    for (const line of found) {
      if (kind !== undefined && line.kind !== kind) continue
      if (lines.length === limit) return { lines, next: lines.at(-1)!.seq }
      lines.push(line)
    }
    if (found.length < size) return { lines, next: null }
    after = found.at(-1)!.seq
    await nextTurn()
  }
  return { lines, next: after }
}

async function backwards(
  read: Read,
  { last, before: start, kind, positionId }: JournalWanted & { readonly last: number },
): Promise<JournalPage> {
  const lines: JournalLine[] = []
  let before = start
  for (let count = 0; count < MOST_READ; count += READ_LINES) {
    const size = kind === undefined ? last + 1 : READ_LINES
    const found = await read({
      after: 0,
      limit: size,
      last: size,
      ...(before !== undefined && { before }),
      ...(positionId !== undefined && { positionId }),
    })
    for (const line of found.toReversed()) {
      if (kind !== undefined && line.kind !== kind) continue
      if (lines.length === last) return { lines: lines.toReversed(), next: lines.at(-1)!.seq }
      lines.push(line)
    }
    if (found.length < size) return { lines: lines.toReversed(), next: null }
    before = found[0]!.seq
    await nextTurn()
  }
  return { lines: lines.toReversed(), next: before ?? null }
}
