import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import { nextTurn } from '../ports/turns.ts'

/** Lines that one read of the store takes at most: other work of the process waits for no more than these. */
const READ_LINES = 500
/** Lines that one request reads at most; the next request continues behind them. */
const MOST_READ = 20_000

/** Which lines of the journal a page takes. */
export interface JournalWanted {
  /** Read from the newest line to older ones; false: from the oldest to newer ones. */
  readonly isBackwards: boolean
  /** The page begins behind the line with this number, in its direction; undefined: at the end of the journal. */
  readonly from?: number | undefined
  /** Most lines of the page. */
  readonly limit: number
  readonly kind?: string | undefined
  readonly positionId?: string | undefined
}

/** One page of the journal, oldest line first. */
export interface JournalPage {
  readonly lines: readonly JournalLine[]
  /** `from` of the next page; null where no more follow. */
  readonly next: number | null
}

type Read = (query: JournalQuery) => Promise<readonly JournalLine[]>

/**
 * Reads one page of the journal. A filter by kind reads on until the page is full, within a bound: a page may be
 * short, or empty, and still have a next one.
 */
export async function journalPage(
  read: Read,
  { isBackwards, from, limit, kind, positionId }: JournalWanted,
): Promise<JournalPage> {
  const taken: JournalLine[] = []
  const pageBefore = (next: number | null): JournalPage => ({
    lines: isBackwards ? taken.toReversed() : taken,
    next,
  })
  let place = from
  for (let count = 0; count < MOST_READ; count += READ_LINES) {
    // One line more than the page has room for says whether another page follows.
    const size = kind === undefined ? limit + 1 : READ_LINES
    const found = await read({
      limit: size,
      ...(isBackwards ? backFrom(place, size) : { after: place ?? 0 }),
      ...(positionId !== undefined && { positionId }),
    })
    for (const line of isBackwards ? found.toReversed() : found) {
      if (kind !== undefined && line.kind !== kind) continue
      if (taken.length === limit) return pageBefore(taken.at(-1)!.seq)
      taken.push(line)
    }
    if (found.length < size) return pageBefore(null)
    place = found.at(isBackwards ? 0 : -1)!.seq
    await nextTurn()
  }
  return pageBefore(place ?? null)
}

/** The last `size` lines, or those with lower numbers than `before`. */
const backFrom = (before: number | undefined, size: number) => ({
  after: 0,
  last: size,
  ...(before !== undefined && { before }),
})
