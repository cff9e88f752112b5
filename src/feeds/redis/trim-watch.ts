import type { StreamGap, StreamState } from './stream-state.ts'

/** Time between two looks at whether entries were lost, ms. */
const LOOK_MS = 1_000

/** How far a stream has been read. */
interface Read {
  /** Id of the last entry that is known to follow the ones before it. */
  from: string
  /** Entries that were ever added up to the place, gaps left out; undefined: not known yet. */
  count: number | undefined
  hasNews: boolean
}

/**
 * Notices entries that were trimmed before they were read, while the connection is there. A server
 * (from Redis 7 on) counts what was ever added to a stream: what is read must come to as much.
 */
export class TrimWatch {
  private readonly reads = new Map<string, Read>()
  private lookAt = -Infinity

  /** Reading begins, or goes on, at this place. */
  begin(
    key: string,
    { lastGiven, added }: Pick<StreamState, 'lastGiven' | 'added'>,
    place: string,
  ): void {
    const isAtEnd = lastGiven === undefined || lastGiven === place
    const count = isAtEnd ? (lastGiven === undefined ? 0 : added) : undefined
    this.reads.set(key, { from: place, count, hasNews: false })
  }

  /** So many entries were read. */
  took(key: string, entries: number): void {
    const read = this.reads.get(key)
    if (read === undefined) return
    read.hasNews = true
    if (read.count !== undefined) read.count += entries
  }

  /** Something was passed over on purpose. */
  skipped(key: string): void {
    const read = this.reads.get(key)
    if (read !== undefined) read.count = undefined
  }

  forget(key: string): void {
    this.reads.delete(key)
  }

  /** The streams to be looked at by now (monotonic ms): those that had entries. */
  due(now: number): readonly string[] {
    if (now < this.lookAt) return []
    this.lookAt = now + LOOK_MS
    return [...this.reads].filter(([, { hasNews }]) => hasNews).map(([key]) => key)
  }

  /** Takes what the server says of a stream that was read up to `place`; gives what is missing. */
  looked(
    key: string,
    { lastGiven, added }: Pick<StreamState, 'lastGiven' | 'added'>,
    place: string,
  ): StreamGap | undefined {
    const read = this.reads.get(key)
    // One that has more already is compared when all of it is read.
    if (read === undefined || added === undefined || lastGiven !== place) return undefined
    const { from, count } = read
    this.reads.set(key, { from: place, count: added, hasNews: false })
    // Of a stream that was made anew since, all that there is was read.
    if (count === undefined || added <= count) return undefined
    const why = `${added - count} entries were trimmed before they were read`
    return { stream: key, from, to: place, why }
  }
}
