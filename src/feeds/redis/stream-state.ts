import { RedisError } from '../../redis/errors.ts'
import { compareIds } from './entry.ts'

/** State of a stream, as the server reports it. */
export interface StreamState {
  /** Id of its oldest entry; undefined where it has none. */
  readonly first: string | undefined
  /** The highest id ever assigned; undefined where there is no stream. */
  readonly lastGiven: string | undefined
  /** Number of entries ever added; undefined where the server does not count them. */
  readonly added: number | undefined
  /** Whether the entry that was read last still exists: then nothing after it was trimmed. */
  readonly hasPlace: boolean
}

/** Entries of a stream that were skipped or lost. */
export interface StreamGap {
  readonly stream: string
  readonly from: string
  readonly to: string
  readonly why: string
}

const NEW = '0-0'

/**
 * Parses the answers of `XINFO STREAM` and of `XRANGE` at the place.
 *
 * @throws RedisError.
 */
export function stateOf(info: unknown, last: unknown): StreamState {
  if (info instanceof RedisError) {
    if (!/no such key/i.test(info.message)) throw info
    return { first: undefined, lastGiven: undefined, added: undefined, hasPlace: false }
  }
  const fields = info as readonly unknown[]
  const field = (name: string): unknown => fields[fields.indexOf(name) + 1]
  const first = field('first-entry') as readonly [string] | null
  const added = fields.includes('entries-added') ? field('entries-added') : undefined
  return {
    added: typeof added === 'number' ? added : undefined,
    first: first?.[0],
    lastGiven: field('last-generated-id') as string,
    hasPlace: Array.isArray(last) && last.length > 0,
  }
}

/** Where to continue a stream that was read up to `place`, and which entries that misses. */
export function gapOf(
  stream: string,
  {
    state: { first, lastGiven, hasPlace },
    place,
    earliest,
  }: { readonly state: StreamState; readonly place: string | undefined; readonly earliest: string },
): [place: string, gap?: StreamGap] {
  // A new stream starts at its next entry; a stream that does not exist yet, at its first.
  if (place === undefined) return [lastGiven ?? NEW]
  if (lastGiven === undefined) return [NEW]
  const gap = (to: string, why: string): [string, StreamGap] => [
    to,
    { stream, from: place, to, why },
  ]
  if (compareIds(lastGiven, place) < 0) return gap(lastGiven, 'the stream is another one')
  if (compareIds(place, earliest) < 0 && compareIds(lastGiven, earliest) > 0) {
    return gap(earliest, 'longer ago than replayMs')
  }
  const isTrimmed =
    !hasPlace && place !== NEW && first !== undefined && compareIds(first, place) > 0
  return isTrimmed
    ? [place, { stream, from: place, to: first, why: 'trimmed before it was read' }]
    : [place]
}
