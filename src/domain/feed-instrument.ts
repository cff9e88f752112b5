import { instrumentId, type InstrumentId } from './ids.ts'

/** Between the name of a feed and the name of an instrument in it. */
const SEPARATOR = ':'

/** An instrument of a named feed. */
export interface FeedInstrument {
  readonly feed: string
  readonly instrument: InstrumentId
}

/** How an account of another feed names an instrument: `crypto:BTCUSD`. */
export const instrumentAt = (feed: string, instrument: InstrumentId): InstrumentId =>
  instrumentId(`${feed}${SEPARATOR}${instrument}`)

/**
 * Reads `crypto:BTCUSD` where `isFeed` knows crypto; undefined for the name of an instrument, which may have a
 * colon of its own.
 */
export function foreignIn(
  name: InstrumentId,
  isFeed: (feed: string) => boolean,
): FeedInstrument | undefined {
  const at = name.indexOf(SEPARATOR)
  if (at <= 0 || !isFeed(name.slice(0, at))) return undefined
  return { feed: name.slice(0, at), instrument: instrumentId(name.slice(at + 1)) }
}
