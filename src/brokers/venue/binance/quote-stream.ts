import { z } from 'zod'
import { instrumentId } from '../../../domain/ids.ts'
import { decimal } from '../decimal-text.ts'
import {
  epochMs,
  objectOf,
  odd,
  OTHER,
  type QuoteDialect,
  type StreamMessage,
} from '../stream/dialect.ts'

/** Addresses of the streams by environment. */
export const STREAM_HOSTS = {
  testnet: 'wss://fstream.binancefuture.com',
  demo: 'wss://demo-fstream.binance.com',
  live: 'wss://fstream.binance.com',
} as const

const bestQuote = z.object({
  e: z.literal('bookTicker'),
  T: epochMs,
  s: z.string(),
  b: decimal,
  a: decimal,
})
const trade = z.object({ e: z.literal('aggTrade'), T: epochMs, s: z.string(), p: decimal })
const accepted = z.object({ result: z.unknown(), id: z.number() })
const refused = z.object({
  error: z.object({ code: z.number(), msg: z.string() }),
  id: z.number().nullish(),
})

/** A heartbeat and a check of the connection in one: documented, while answers to ping frames are not. */
const PING = JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id: 0 })

type Channel = 'bookTicker' | 'aggTrade'

/** Streams on one connection; the venue's limit is 1,024, and was 200 before. */
const MOST = 200

/**
 * The venue serves best quotes at one address and trades at another since April 2026, and pushes a best quote
 * only when it changes.
 */
export const quoteDialects = (base: string): readonly QuoteDialect[] => [
  dialectOf({ name: 'quotes', url: `${base}/public/stream`, channel: 'bookTicker' }),
  dialectOf({ name: 'trades', url: `${base}/market/stream`, channel: 'aggTrade' }),
]

function dialectOf({
  name,
  url,
  channel,
}: {
  readonly name: string
  readonly url: string
  readonly channel: Channel
}): QuoteDialect {
  return {
    name,
    url,
    most: MOST,
    ping: PING,
    subscription: (act, names, id) =>
      JSON.stringify({
        method: act === 'subscribe' ? 'SUBSCRIBE' : 'UNSUBSCRIBE',
        params: names.map(each => `${each.toLowerCase()}@${channel}`),
        id: Number(id),
      }),
    read: text => readMessage(text, channel),
  }
}

/** Reads a message, with or without the envelope of combined streams. */
function readMessage(text: string, channel: Channel): StreamMessage {
  const value = objectOf(text)
  if (value === undefined) return odd('syntax')
  if ('error' in value) {
    const failure = refused.safeParse(value)
    if (!failure.success) return odd('shape')
    const { error, id } = failure.data
    return {
      kind: 'refused',
      id: id == null ? undefined : String(id),
      text: `${error.code} ${error.msg}`,
    }
  }
  if ('result' in value) {
    const answer = accepted.safeParse(value)
    return answer.success ? { kind: 'accepted', id: String(answer.data.id) } : odd('shape')
  }
  return quoteOf('data' in value ? value['data'] : value, channel)
}

function quoteOf(data: unknown, channel: Channel): StreamMessage {
  const { e: event } = Object(data) as { e?: unknown }
  // The other figures come on a connection of their own.
  if ((event === 'bookTicker' || event === 'aggTrade') && event !== channel) return odd('unasked')
  switch (event) {
    case 'bookTicker': {
      const quote = bestQuote.safeParse(data)
      if (!quote.success) return odd('shape')
      const { s, T, b, a } = quote.data
      return b < 0 || a < 0 ? odd('shape') : partOf(s, T, { bid: b, ask: a })
    }
    case 'aggTrade': {
      const done = trade.safeParse(data)
      return done.success && done.data.p > 0
        ? partOf(done.data.s, done.data.T, { price: done.data.p })
        : odd('shape')
    }
    case 'serverShutdown':
      return { kind: 'closing', text: 'the venue shuts the server down' }
    default:
      return typeof event === 'string' ? OTHER : odd('shape')
  }
}

const partOf = (
  symbol: string,
  ts: number,
  figures: Readonly<Partial<Record<'price' | 'bid' | 'ask', number>>>,
): StreamMessage => ({
  kind: 'quote',
  part: { instrument: instrumentId(symbol), ts, isDelta: false, figures },
})
