import { createHmac } from 'node:crypto'
import type { VenueKind } from '../../../src/domain/venue-kind.ts'
import { BinanceEmulator } from './binance.ts'
import { KEY as BYBIT_KEY } from './bybit.ts'
import { KEY as OKX_KEY } from './okx.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a client of the stream of an account wants. */
export type AccountRequest =
  | { readonly kind: 'ping' }
  | { readonly kind: 'login'; readonly isValid: boolean }
  | { readonly kind: 'subscribe'; readonly text: Fields }

export interface PushedOrder {
  readonly id: string
  readonly instrument: string
  readonly state: string
  /** A stop that rests, or did. Default: no. */
  readonly isStop?: boolean
}

/** How a venue speaks on the streams of accounts. */
export interface AccountSpeech {
  /** Whether a connection with this path is taken. */
  takes(path: string): boolean
  /** Whether a connection with this path carries a message. */
  carries(path: string, text: string): boolean
  /** Whether a connection must log in. */
  readonly hasLogin: boolean
  read(text: string): AccountRequest
  pong(text: string): string
  loggedIn(isValid: boolean): string
  subscribed(request: Fields): readonly string[]
  order(order: PushedOrder): string
  holding(instrument: string, quantity: number): string
  /** The venue ends the session. */
  over(): string
}

const hmac = (secret: string, text: string, encoding: 'hex' | 'base64'): string =>
  createHmac('sha256', secret).update(text).digest(encoding)

const binance = (emulator: unknown): AccountSpeech => ({
  takes: path =>
    emulator instanceof BinanceEmulator && path === `/private/ws/${emulator.listenKey}`,
  carries: () => true,
  hasLogin: false,
  read: () => ({ kind: 'ping' }),
  pong: text => JSON.stringify({ result: [], id: (JSON.parse(text) as { id: number }).id }),
  loggedIn: () => '',
  subscribed: () => [],
  order: ({ id, instrument, state }) =>
    JSON.stringify({
      e: 'ORDER_TRADE_UPDATE',
      E: Date.now(),
      T: Date.now(),
      o: { s: instrument, c: id, S: 'SELL', o: 'MARKET', X: state, q: '1', z: '1' },
    }),
  holding: (instrument, quantity) =>
    JSON.stringify({
      e: 'ACCOUNT_UPDATE',
      E: Date.now(),
      T: Date.now(),
      a: { m: 'ORDER', B: [], P: [{ s: instrument, pa: String(quantity), ps: 'BOTH' }] },
    }),
  over: () => JSON.stringify({ e: 'listenKeyExpired', E: String(Date.now()), listenKey: 'x' }),
})

const bybit: AccountSpeech = {
  takes: path => path === '/v5/private',
  carries: () => true,
  hasLogin: true,
  read(text) {
    const request = JSON.parse(text) as { readonly op: string; readonly args?: unknown[] }
    if (request.op === 'ping') return { kind: 'ping' }
    if (request.op !== 'auth') return { kind: 'subscribe', text: { ...request } }
    const [key, expires, sign] = request.args as [string, number, string]
    const isSigned = sign === hmac(BYBIT_KEY.secret, `GET/realtime${expires}`, 'hex')
    const isValid = key === BYBIT_KEY.key && isSigned && expires > Date.now()
    return { kind: 'login', isValid }
  },
  pong: () => JSON.stringify({ req_id: '', op: 'pong', args: ['1'], conn_id: 'c' }),
  loggedIn: success =>
    JSON.stringify({ success, ret_msg: success ? '' : 'Params Error', op: 'auth', conn_id: 'c' }),
  subscribed: () => [JSON.stringify({ success: true, ret_msg: '', op: 'subscribe', conn_id: 'c' })],
  order: ({ id, instrument, state }) =>
    JSON.stringify({
      id: 'm',
      topic: 'order.linear',
      creationTime: Date.now(),
      data: [{ category: 'linear', symbol: instrument, orderLinkId: id, orderStatus: state }],
    }),
  holding: (instrument, quantity) =>
    JSON.stringify({
      id: 'm',
      topic: 'position.linear',
      creationTime: Date.now(),
      data: [{ symbol: instrument, size: String(Math.abs(quantity)), positionIdx: 0 }],
    }),
  over: () => JSON.stringify({ success: false, ret_msg: 'session ended', op: 'auth' }),
}

const STOPS_PATH = '/ws/v5/business'

const okx: AccountSpeech = {
  takes: path => path === '/ws/v5/private' || path === STOPS_PATH,
  carries: (path, text) =>
    text.includes('"event"') || text.includes('orders-algo') === (path === STOPS_PATH),
  hasLogin: true,
  read(text) {
    if (text === 'ping') return { kind: 'ping' }
    const { op, args } = JSON.parse(text) as { readonly op: string; readonly args: Fields[] }
    const [first = {}] = args
    if (op !== 'login') return { kind: 'subscribe', text: first }
    const { timestamp } = first
    const signed = `${String(timestamp)}GET/users/self/verify`
    const isValid =
      first['apiKey'] === OKX_KEY.key &&
      first['passphrase'] === OKX_KEY.passphrase &&
      first['sign'] === hmac(OKX_KEY.secret, signed, 'base64') &&
      Math.abs(Date.now() / 1_000 - Number(timestamp)) < 30
    return { kind: 'login', isValid }
  },
  pong: () => 'pong',
  loggedIn: isValid =>
    JSON.stringify(
      isValid
        ? { event: 'login', code: '0', msg: '', connId: 'c' }
        : { event: 'error', code: '60009', msg: 'Login failed.', connId: 'c' },
    ),
  // The number of connections comes beside the answer.
  subscribed: arg => [
    JSON.stringify({ event: 'subscribe', arg, connId: 'c' }),
    JSON.stringify({ event: 'channel-conn-count', channel: arg['channel'], connCount: '1' }),
  ],
  order: ({ id, instrument, state, isStop = false }) =>
    JSON.stringify({
      arg: {
        channel: isStop ? 'orders-algo' : 'orders',
        instType: 'SWAP',
        instId: instrument,
        uid: '1',
      },
      data: [
        {
          instId: instrument,
          clOrdId: isStop ? '' : id,
          algoClOrdId: isStop ? id : '',
          state,
        },
      ],
    }),
  holding: (instrument, quantity) =>
    JSON.stringify({
      arg: { channel: 'positions', instType: 'SWAP', uid: '1' },
      eventType: 'snapshot',
      curPage: 1,
      lastPage: true,
      data: [{ instId: instrument, instType: 'SWAP', posSide: 'net', pos: String(quantity) }],
    }),
  over: () => JSON.stringify({ event: 'notice', code: '64008', msg: 'soon closed', connId: 'c' }),
}

/** How a venue speaks on the streams of accounts; `emulator` knows the session of Binance. */
export function accountSpeech(kind: VenueKind, emulator: unknown): AccountSpeech {
  switch (kind) {
    case 'binance':
      return binance(emulator)
    case 'bybit':
      return bybit
    case 'okx':
      return okx
  }
}
