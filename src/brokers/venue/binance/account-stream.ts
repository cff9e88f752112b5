import { z } from 'zod'
import type { AccountHint } from '../../../domain/account-hint.ts'
import { instrumentId } from '../../../domain/ids.ts'
import type { VenueClient } from '../client.ts'
import { shaped } from '../reply.ts'
import type { AccountDialect, AccountMessage } from '../stream/account.ts'
import { listenKeyRequest } from './requests.ts'

const named = z.object({ s: z.string().min(1) })
const orderEvent = z.object({ o: named.extend({ c: z.string() }) })
const fillEvent = named.extend({ c: z.string() })
const stopEvent = z.object({ o: named.extend({ caid: z.string() }) })
const refusedStop = z.object({ or: named })
const accountEvent = z.object({ a: z.object({ P: z.array(named).exactOptional() }) })
const listenKey = z.object({ listenKey: z.string().min(1) })

/** A heartbeat and a check of the connection in one: documented, while answers to ping frames are not. */
const PING = JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id: 0 })

/** The user data stream: its address contains a listen key, which ends 60 minutes after its last renewal. */
export const accountDialect = (base: string, client: VenueClient): AccountDialect => ({
  stream: 'account',
  ping: PING,
  subscriptions: [],
  async open(signal) {
    const value = await client.question(listenKeyRequest('POST'), signal)
    const { listenKey: key } = shaped(listenKey, value, 'the listen key')
    return { url: `${base}/private/ws/${encodeURIComponent(key)}` }
  },
  async renew(signal) {
    await client.question(listenKeyRequest('PUT'), signal)
  },
  keyIdentity: () => client.line.keyIdentity(),
  read: message => readMessage('data' in message ? Object(message['data']) : message),
})

function readMessage(event: Readonly<Record<string, unknown>>): AccountMessage {
  switch (event['e']) {
    case 'ORDER_TRADE_UPDATE': {
      const { s, c } = orderEvent.parse(event).o
      return hints([order(s, c)])
    }
    case 'TRADE_LITE': {
      const { s, c } = fillEvent.parse(event)
      return hints([order(s, c)])
    }
    case 'ALGO_UPDATE': {
      const { s, caid } = stopEvent.parse(event).o
      return hints([order(s, caid)])
    }
    case 'CONDITIONAL_ORDER_TRIGGER_REJECT': {
      const { s } = refusedStop.parse(event).or
      return hints([order(s, null)])
    }
    case 'ACCOUNT_UPDATE': {
      const { P: positions = [] } = accountEvent.parse(event).a
      return hints(positions.map(({ s }) => ({ kind: 'holding', instrument: instrumentId(s) })))
    }
    case 'listenKeyExpired':
      return { kind: 'over', text: 'the listen key has ended' }
    case 'serverShutdown':
      return { kind: 'over', text: 'the venue shuts the server down' }
    default:
      return { kind: 'other' }
  }
}

const hints = (all: readonly AccountHint[]): AccountMessage => ({ kind: 'hints', hints: all })

const order = (symbol: string, id: string | null): AccountHint => ({
  kind: 'order',
  clientOrderId: id === '' ? null : id,
  instrument: instrumentId(symbol),
})
