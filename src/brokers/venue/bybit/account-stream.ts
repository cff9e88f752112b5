import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { instrumentId } from '../../../domain/ids.ts'
import type { VenueClient } from '../client.ts'
import type { AccountDialect, AccountMessage } from '../stream/account.ts'

/** Addresses of the private streams by environment. */
export const ACCOUNT_STREAM_HOSTS = {
  testnet: 'wss://stream-testnet.bybit.com',
  demo: 'wss://stream-demo.bybit.com',
  live: 'wss://stream.bybit.com',
} as const

const TOPICS = ['order.linear', 'position.linear'] as const

const answer = z.object({
  op: z.string(),
  success: z.boolean(),
  ret_msg: z.string().exactOptional(),
})
const row = z.object({ symbol: z.string().min(1) })
const push = z.object({ topic: z.string(), data: z.array(z.unknown()) })
const orders = z.array(row.extend({ orderLinkId: z.string() }))
const positions = z.array(row)

/** How long a login may take to reach the venue, ms. */
const LOGIN_MS = 10_000

/** Orders and positions of linear contracts, after a signed login. */
export const accountDialect = (base: string, client: VenueClient): AccountDialect => ({
  stream: 'account',
  ping: JSON.stringify({ op: 'ping' }),
  subscriptions: TOPICS.map(topic => JSON.stringify({ op: 'subscribe', args: [topic] })),
  async open(signal) {
    const { key, at } = await client.line.stamp(signal)
    const expires = at + LOGIN_MS
    const sign = createHmac('sha256', key.secret).update(`GET/realtime${expires}`).digest('hex')
    const login = JSON.stringify({ op: 'auth', args: [key.key, expires, sign] })
    return { url: `${base}/v5/private`, login }
  },
  keyIdentity: () => client.line.keyIdentity(),
  read: readMessage,
})

function readMessage(message: Readonly<Record<string, unknown>>): AccountMessage {
  if ('topic' in message) return pushed(message)
  const { op } = message
  if (op === 'ping' || op === 'pong') return { kind: 'other' }
  const { op: about, success, ret_msg: words = '' } = answer.parse(message)
  if (!success) return { kind: 'over', text: `${about}: ${words}` }
  if (about === 'auth') return { kind: 'logged-in' }
  return about === 'subscribe' ? { kind: 'subscribed' } : { kind: 'other' }
}

function pushed(message: unknown): AccountMessage {
  const { topic, data } = push.parse(message)
  if (topic.startsWith('order')) {
    const hints = orders.parse(data).map(({ symbol, orderLinkId }) => ({
      kind: 'order' as const,
      clientOrderId: orderLinkId === '' ? null : orderLinkId,
      instrument: instrumentId(symbol),
    }))
    return { kind: 'hints', hints }
  }
  if (!topic.startsWith('position')) return { kind: 'other' }
  const hints = positions.parse(data).map(({ symbol }) => ({
    kind: 'holding' as const,
    instrument: instrumentId(symbol),
  }))
  return { kind: 'hints', hints }
}
