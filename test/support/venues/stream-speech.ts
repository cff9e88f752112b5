import type { StreamPrice, StreamRequest, StreamSpeech, Subscription } from './streams.ts'

type Fields = Readonly<Record<string, unknown>>

const binance: StreamSpeech = {
  read(text): StreamRequest {
    const { method, params, id } = JSON.parse(text) as {
      readonly method: string
      readonly params?: readonly string[]
      readonly id: number
    }
    if (method === 'LIST_SUBSCRIPTIONS') return { kind: 'ping' }
    const kind = method === 'SUBSCRIBE' ? 'subscribe' : 'unsubscribe'
    const names = (params ?? []).map(each => each.split('@')[0]!.toUpperCase())
    return { kind, names, id: String(id) }
  },
  accepted: ({ id }) => [JSON.stringify({ result: null, id: Number(id) })],
  refused: ({ id }, name) =>
    JSON.stringify({ error: { code: -1121, msg: `Invalid symbol ${name}.` }, id: Number(id) }),
  pong: text => JSON.stringify({ result: [], id: (JSON.parse(text) as { id: number }).id }),
  quote(path, { name, price, ts }: StreamPrice) {
    const data: Fields =
      path === '/public/stream'
        ? {
            e: 'bookTicker',
            u: ts,
            E: ts,
            T: ts,
            b: String(price),
            B: '1',
            a: String(price),
            A: '1',
          }
        : { e: 'aggTrade', E: ts, a: ts, p: String(price), q: '1', f: 1, l: 1, T: ts, m: true }
    const channel = path === '/public/stream' ? 'bookTicker' : 'aggTrade'
    const stream = `${name.toLowerCase()}@${channel}`
    return [JSON.stringify({ stream, data: { ...data, s: name } })]
  },
}

const bybit: StreamSpeech = {
  read(text): StreamRequest {
    const {
      op,
      args = [],
      req_id: id = '',
    } = JSON.parse(text) as {
      readonly op: string
      readonly args?: readonly string[]
      readonly req_id?: string
    }
    if (op === 'ping') return { kind: 'ping' }
    const kind = op === 'subscribe' ? 'subscribe' : 'unsubscribe'
    return { kind, names: args.map(each => each.replace('tickers.', '')), id }
  },
  accepted: ({ id, kind }) => [
    JSON.stringify({ success: true, ret_msg: kind, conn_id: 'c', req_id: id, op: kind }),
  ],
  refused: ({ id, kind }, name) => {
    const words = `error:handler not found,topic:tickers.${name}`
    return JSON.stringify({ success: false, ret_msg: words, conn_id: 'c', req_id: id, op: kind })
  },
  pong: () => JSON.stringify({ success: true, ret_msg: 'pong', conn_id: 'c', op: 'ping' }),
  quote(_path, { name, price, ts, isFirst }: StreamPrice) {
    const figures = { lastPrice: String(price), bid1Price: String(price), ask1Price: String(price) }
    const type = isFirst ? 'snapshot' : 'delta'
    const data = { symbol: name, ...figures }
    return [JSON.stringify({ topic: `tickers.${name}`, type, data, cs: ts, ts })]
  },
}

const okx: StreamSpeech = {
  read(text): StreamRequest {
    if (text === 'ping') return { kind: 'ping' }
    const { op, args, id } = JSON.parse(text) as {
      readonly op: string
      readonly args: readonly { readonly instId: string }[]
      readonly id: string
    }
    const kind = op === 'subscribe' ? 'subscribe' : 'unsubscribe'
    return { kind, names: args.map(({ instId }) => instId), id }
  },
  accepted: ({ id, kind, names }: Subscription) =>
    names.map(instId =>
      JSON.stringify({ id, event: kind, arg: { channel: 'tickers', instId }, connId: 'c' }),
    ),
  refused: ({ id }, name) => {
    const msg = `Wrong URL or channel:tickers,instId:${name} doesn't exist.`
    return JSON.stringify({ id, event: 'error', code: '60018', msg, connId: 'c' })
  },
  pong: () => 'pong',
  quote(_path, { name, price, ts }: StreamPrice) {
    const arg = { channel: 'tickers', instId: name }
    const text = String(price)
    const figures = { last: text, bidPx: text, askPx: text, ts: String(ts) }
    return [JSON.stringify({ arg, data: [{ instType: 'SWAP', instId: name, ...figures }] })]
  },
}

/** How each venue speaks on its public streams. */
export const SPEECH = { binance, bybit, okx } as const
