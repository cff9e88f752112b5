import { z } from 'zod'
import { instrumentId } from '../../../domain/ids.ts'
import { above0 } from '../instrument.ts'
import { objectOf, odd, OTHER, type QuoteDialect, type StreamMessage } from '../stream/dialect.ts'
import { ticker } from './shapes.ts'

/** Addresses of the streams by environment. */
export const STREAM_HOSTS = {
  demo: 'wss://wspap.okx.com:8443',
  live: 'wss://ws.okx.com:8443',
} as const

const push = z.object({
  arg: z.object({ channel: z.string(), instId: z.string() }),
  data: z.array(z.unknown()),
})

const event = z.object({
  event: z.string(),
  id: z.string().exactOptional(),
  code: z.string().exactOptional(),
  msg: z.string().exactOptional(),
})

const CHANNEL = 'tickers'
/** Instruments on one connection: it takes 480 requests an hour. */
const MOST = 500

/** Tickers: whole rows, every 100 ms at most. */
export const quoteDialects = (base: string): readonly QuoteDialect[] => [
  {
    name: 'quotes',
    url: `${base}/ws/v5/public`,
    most: MOST,
    ping: 'ping',
    subscription: (act, names, id) =>
      JSON.stringify({ id, op: act, args: names.map(instId => ({ channel: CHANNEL, instId })) }),
    read: readMessage,
  },
]

function readMessage(text: string): StreamMessage {
  if (text === 'pong') return OTHER
  const value = objectOf(text)
  if (value === undefined) return odd('syntax')
  return 'event' in value ? answerOf(value) : quoteOf(value)
}

/** The answer to a request comes once for each instrument in it; the first stands for all. */
function answerOf(value: unknown): StreamMessage {
  const said = event.safeParse(value)
  if (!said.success) return odd('shape')
  const { event: kind, id, code = '', msg = '' } = said.data
  switch (kind) {
    case 'subscribe':
    case 'unsubscribe':
      return id === undefined ? OTHER : { kind: 'accepted', id }
    case 'error':
      return { kind: 'refused', id, text: `${code} ${msg}` }
    case 'notice':
      return { kind: 'closing', text: `${code} ${msg}` }
    default:
      return OTHER
  }
}

function quoteOf(value: unknown): StreamMessage {
  const said = push.safeParse(value)
  if (!said.success) return odd('shape')
  const { arg, data } = said.data
  if (arg.channel !== CHANNEL) return OTHER
  const row = ticker.safeParse(data[0])
  if (!row.success || data.length !== 1 || row.data.instId !== arg.instId) return odd('shape')
  const { last, bidPx = 0, askPx = 0, ts } = row.data
  const price = above0(last)
  if (bidPx < 0 || askPx < 0 || (last ?? 0) < 0) return odd('shape')
  return {
    kind: 'quote',
    part: {
      instrument: instrumentId(arg.instId),
      ts,
      isDelta: false,
      figures: { ...(price !== undefined && { price }), bid: bidPx, ask: askPx },
    },
  }
}
