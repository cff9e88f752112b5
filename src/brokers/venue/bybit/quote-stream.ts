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

/** Addresses of the public streams by environment; the demo account trades at live prices. */
export const STREAM_HOSTS = {
  testnet: 'wss://stream-testnet.bybit.com',
  demo: 'wss://stream.bybit.com',
  live: 'wss://stream.bybit.com',
} as const

/** A figure of 0 or an empty text says that a side is missing. */
const side = z.union([z.literal('').transform(() => 0), decimal]).exactOptional()

const push = z.object({
  topic: z.string(),
  type: z.enum(['snapshot', 'delta']),
  ts: epochMs,
  data: z.object({
    symbol: z.string(),
    lastPrice: decimal.exactOptional(),
    bid1Price: side,
    ask1Price: side,
  }),
})

/** An answer to a request on the stream. */
const answer = z.object({
  success: z.boolean(),
  ret_msg: z.string().exactOptional(),
  req_id: z.string().exactOptional(),
})

const TOPIC = 'tickers.'
/** Instruments on one connection: the venue bounds the length of all topics, 21,000 characters. */
const MOST = 500

/** Tickers: a snapshot at first, then the figures that change, every 100 ms at most. */
export const quoteDialects = (base: string): readonly QuoteDialect[] => [
  {
    name: 'quotes',
    url: `${base}/v5/public/linear`,
    most: MOST,
    ping: JSON.stringify({ op: 'ping' }),
    subscription: (act, names, id) =>
      JSON.stringify({ op: act, req_id: id, args: names.map(each => `${TOPIC}${each}`) }),
    read: readMessage,
  },
]

function readMessage(text: string): StreamMessage {
  const value = objectOf(text)
  if (value === undefined) return odd('syntax')
  if ('topic' in value) return quoteOf(value)
  const { op } = value
  if (op === 'ping' || op === 'pong') return OTHER
  const said = answer.safeParse(value)
  if (!said.success) return odd('shape')
  const { success, ret_msg: words = '', req_id: id } = said.data
  if (!success) return { kind: 'refused', id, text: words }
  return id === undefined ? OTHER : { kind: 'accepted', id }
}

function quoteOf(value: Readonly<Record<string, unknown>>): StreamMessage {
  if (!String(value['topic']).startsWith(TOPIC)) return OTHER
  const said = push.safeParse(value)
  if (!said.success) return odd('shape')
  const { topic, type, ts, data } = said.data
  const { symbol, lastPrice, bid1Price, ask1Price } = data
  const isOdd =
    topic !== `${TOPIC}${symbol}` ||
    (lastPrice === undefined && type === 'snapshot') ||
    (lastPrice !== undefined && lastPrice <= 0) ||
    (bid1Price ?? 0) < 0 ||
    (ask1Price ?? 0) < 0
  if (isOdd) return odd('shape')
  const figures = {
    ...(lastPrice !== undefined && { price: lastPrice }),
    ...(bid1Price !== undefined && { bid: bid1Price }),
    ...(ask1Price !== undefined && { ask: ask1Price }),
  }
  return {
    kind: 'quote',
    part: { instrument: instrumentId(symbol), ts, isDelta: type === 'delta', figures },
  }
}
