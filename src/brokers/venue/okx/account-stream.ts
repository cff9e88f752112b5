import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { AccountHint } from '../../../domain/account-hint.ts'
import { instrumentId } from '../../../domain/ids.ts'
import type { VenueClient } from '../client.ts'
import type { AccountDialect, AccountMessage } from '../stream/account.ts'
import { PRODUCTS } from './requests.ts'

const event = z.object({
  event: z.string(),
  code: z.string().exactOptional(),
  msg: z.string().exactOptional(),
})
const push = z.object({ arg: z.object({ channel: z.string() }), data: z.array(z.unknown()) })
const row = z.object({ instId: z.string().min(1) })
const orders = z.array(row.extend({ clOrdId: z.string(), algoClOrdId: z.string().exactOptional() }))
const positions = z.array(row)

const stops = z.array(row.extend({ algoClOrdId: z.string() }))

/** Orders and positions of swaps and futures, after a signed login. */
export const accountDialect = (base: string, client: VenueClient): AccountDialect => ({
  stream: 'account',
  ...dialectOf(`${base}/ws/v5/private`, ['orders', 'positions'], client),
})

/** Stops that rest at the venue, which it pushes on connections of their own. */
export const stopsDialect = (base: string, client: VenueClient): AccountDialect => ({
  stream: 'stops',
  ...dialectOf(`${base}/ws/v5/business`, ['orders-algo'], client),
})

const dialectOf = (
  url: string,
  channels: readonly string[],
  client: VenueClient,
): Omit<AccountDialect, 'stream'> => ({
  ping: 'ping',
  pong: 'pong',
  subscriptions: channels.flatMap(channel =>
    PRODUCTS.map(instType => JSON.stringify({ op: 'subscribe', args: [{ channel, instType }] })),
  ),
  async open(signal) {
    const { key, at } = await client.line.stamp(signal)
    const timestamp = String(Math.floor(at / 1_000))
    const sign = createHmac('sha256', key.secret)
      .update(`${timestamp}GET/users/self/verify`)
      .digest('base64')
    const proof = { apiKey: key.key, passphrase: key.passphrase ?? '', timestamp, sign }
    const login = JSON.stringify({ op: 'login', args: [proof] })
    return { url, login }
  },
  keyIdentity: () => client.line.keyIdentity(),
  read: message => ('event' in message ? answered(message) : pushed(message)),
})

function answered(message: unknown): AccountMessage {
  const { event: kind, code = '', msg = '' } = event.parse(message)
  switch (kind) {
    case 'login':
      return code === '0' ? { kind: 'logged-in' } : { kind: 'over', text: `${code} ${msg}` }
    case 'subscribe':
      return { kind: 'subscribed' }
    // A refusal, the end of the connection for an upgrade, too many connections for one channel.
    case 'error':
    case 'notice':
    case 'channel-conn-count-error':
      return { kind: 'over', text: `${kind} ${code} ${msg}`.trim() }
    default:
      return { kind: 'other' }
  }
}

function pushed(message: unknown): AccountMessage {
  const { arg, data } = push.parse(message)
  switch (arg.channel) {
    case 'orders':
      return { kind: 'hints', hints: orders.parse(data).flatMap(ordersIn) }
    case 'orders-algo': {
      const hints = stops.parse(data).map(({ instId, algoClOrdId }): AccountHint => {
        const clientOrderId = algoClOrdId === '' ? null : algoClOrdId
        return { kind: 'order', clientOrderId, instrument: instrumentId(instId) }
      })
      return { kind: 'hints', hints }
    }
    case 'positions': {
      const hints = positions.parse(data).map(({ instId }): AccountHint => {
        return { kind: 'holding', instrument: instrumentId(instId) }
      })
      return { kind: 'hints', hints }
    }
    default:
      return { kind: 'other' }
  }
}

/** An order that a stop became has an id of its own, and names that of the stop. */
function ordersIn({
  instId,
  clOrdId,
  algoClOrdId = '',
}: z.output<typeof orders>[number]): AccountHint[] {
  const ids = [clOrdId, algoClOrdId].filter(id => id !== '')
  const instrument = instrumentId(instId)
  if (ids.length === 0) return [{ kind: 'order', clientOrderId: null, instrument }]
  return ids.map(clientOrderId => ({ kind: 'order', clientOrderId, instrument }))
}
