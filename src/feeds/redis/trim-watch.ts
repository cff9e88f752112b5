import type { StreamGap, StreamState } from './stream-state.ts'

/** Interval of checks for lost entries, ms. */
const CHECK_MS = 1_000

/** How far a stream was read. */
interface Read {
  /** Id of the last entry up to which no entry is missing. */
  from: string
  /** Number of entries ever added up to the place, without lost ones; undefined: not known yet. */
  count: number | undefined
  hasNews: boolean
}

/**
 * Detects entries that were trimmed before they were read, while the connection is up. A server
 * (from Redis 7 on) counts the entries ever added to a stream: the number of entries read must
 * equal it.
 */
export class TrimWatch {
  private readonly reads = new Map<string, Read>()
  private checkAt = -Infinity

  /** Reading begins or continues at this place. */
  begin(
    key: string,
    { lastGiven, added }: Pick<StreamState, 'lastGiven' | 'added'>,
    place: string,
  ): void {
    const isAtEnd = lastGiven === undefined || lastGiven === place
    const count = isAtEnd ? (lastGiven === undefined ? 0 : added) : undefined
    this.reads.set(key, { from: place, count, hasNews: false })
  }

  /** Counts entries that were read. */
  took(key: string, entries: number): void {
    const read = this.reads.get(key)
    if (read === undefined) return
    read.hasNews = true
    if (read.count !== undefined) read.count += entries
  }

  /** Call when entries were skipped on purpose. */
  skipped(key: string): void {
    const read = this.reads.get(key)
    if (read !== undefined) read.count = undefined
  }

  forget(key: string): void {
    this.reads.delete(key)
  }

  /** The streams that a check is due for (monotonic ms): those with new entries. */
  due(now: number): readonly string[] {
    if (now < this.checkAt) return []
    this.checkAt = now + CHECK_MS
    return [...this.reads].filter(([, { hasNews }]) => hasNews).map(([key]) => key)
  }

  /**
   * Compares the server's count of a stream that was read up to `place` with the entries read;
   * returns what is missing.
   */
  compare(
    key: string,
    { lastGiven, added }: Pick<StreamState, 'lastGiven' | 'added'>,
    place: string,
  ): StreamGap | undefined {
    const read = this.reads.get(key)
    // A stream with unread entries is compared once all of them are read.
    if (read === undefined || added === undefined || lastGiven !== place) return undefined
    const { from, count } = read
    this.reads.set(key, { from: place, count: added, hasNews: false })
    // A lower count means that the stream was created anew: all of its entries were read.
    if (count === undefined || added <= count) return undefined
    const why = `${added - count} entries were trimmed before they were read`
    return { stream: key, from, to: place, why }
  }
}
