import type { IncomingHttpHeaders } from 'node:http'
import { remainingOf, type SentOrder } from './book.ts'
import type { Target } from './faults.ts'
import type { Harm, Route, Settings } from './script.ts'
import type { StateAnswer, Venue } from './venue.ts'

/** A request as it came. */
export interface RawRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** How a server takes requests: the REST protocol, or that of a venue. */
export interface Protocol {
  /** Parses a request; throws `NotUnderstood` where it is refused before anything is done. */
  read(raw: RawRequest, venue: Venue): Request
}

/** An answer that is more than the body of a 200. */
export class Reply {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** A request of the protocol, read. */
export interface Request {
  readonly target: Target
  /** Acts, makes it durable, and returns the body of the answer. */
  act(venue: Venue, harms: readonly Harm[]): Record<string, unknown> | Reply
}

/** The request was not understood; nothing was done. */
export class NotUnderstood extends Error {
  readonly status: number
  readonly reply: Reply

  constructor(status: number, message: string, reply = new Reply(status, { error: message })) {
    super(message)
    this.status = status
    this.reply = reply
  }
}

/** The REST protocol of docs/brokers.md. */
export const REST: Protocol = {
  read: ({ method, url, headers, text }, { settings: { token } }) => {
    if (token !== null && headers.authorization !== `Bearer ${token}`)
      throw new NotUnderstood(401, 'no token', new Reply(401, undefined))
    const expiresAt = Number(headers['expires-at'] ?? Infinity)
    return requestOf(method, url, { body: jsonOf(text), expiresAt })
  },
}

function jsonOf(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new NotUnderstood(400, 'not JSON')
  }
}

/** Reads a request; throws `NotUnderstood`. */
function requestOf(
  method: string,
  url: URL,
  { body, expiresAt }: { readonly body: unknown; readonly expiresAt: number },
): Request {
  const [version, ...path] = url.pathname.split('/').slice(1).map(decodeURIComponent)
  const fields = (body ?? {}) as Record<string, unknown>
  if (version !== 'v1') throw new NotUnderstood(404, `no version ${version}`)
  switch (`${method} /${path.map((part, index) => (index === 1 ? ':id' : part)).join('/')}`) {
    case 'POST /orders':
      return keeping(placing(fields), expiresAt)
    case 'POST /stops':
      return placing(fields, 'stop')
    case 'POST /orders/:id/amend':
      return amending(path[1]!, fields)
    case 'GET /orders':
      return reading('open-orders', openOrders)
    case 'GET /orders/:id':
      return asking('order', path[1]!)
    case 'POST /orders/:id/cancel':
      return asking('cancel', path[1]!)
    case 'GET /holding':
      return holding(Object.fromEntries(url.searchParams))
    case 'GET /holdings':
      return reading('holdings', holdings)
    case 'POST /quotes':
      return reading('quotes', venue => quotes(venue, fields['instruments'] as string[]))
    case 'GET /instruments':
      return reading('instruments', ({ settings }) => ({ instruments: settings.listed }))
    case 'GET /changes': {
      const instrument = url.searchParams.get('instrument')
      return reading('changes', ({ settings: { changes } }) => ({ instrument, changes }))
    }
    case 'GET /account':
      return reading('account', ({ settings }) => ({ ...settings.account }))
    case 'GET /time':
      return reading('time', ({ settings }) => ({ time: Date.now() + settings.clockMs }))
    case 'GET /capabilities':
      return reading('capabilities', venue => ({ ...venue.settings.capabilities }))
    default:
      throw new NotUnderstood(404, `no ${method} ${url.pathname}`)
  }
}

/** A venue that keeps deadlines refuses an order that arrives after its own (epoch ms). */
const keeping = ({ target, act }: Request, expiresAt: number): Request => ({
  target: { ...target, ...(expiresAt !== Infinity && { expiresAt }) },
  act: (venue, harms) =>
    venue.settings.capabilities.deadline === 'kept' &&
    Date.now() + venue.settings.clockMs >= expiresAt
      ? { clientOrderId: target.clientOrderId, kind: 'rejected', code: 'refused', text: 'too late' }
      : act(venue, harms),
})

const reading = (route: Route, act: Request['act']): Request => ({ target: { route }, act })

function amending(clientOrderId: string, fields: Record<string, unknown>): Request {
  const { trigger } = fields as Partial<SentOrder>
  if (trigger === undefined || !(trigger.price > 0)) throw new NotUnderstood(400, 'no trigger')
  return {
    target: { route: 'amend', clientOrderId },
    act: (venue, harms) => {
      const isRead = harms.some(({ kind }) => kind === 'ignore')
      const state = isRead ? venue.state(clientOrderId) : venue.amend(clientOrderId, trigger)
      return { clientOrderId, ...reportedState(state, venue.settings) }
    },
  }
}

function placing(fields: Record<string, unknown>, route: 'place' | 'stop' = 'place'): Request {
  const sent = fields as unknown as SentOrder
  const { clientOrderId, instrument, action, side, quantity, type } = sent
  const isWhole =
    typeof clientOrderId === 'string' &&
    typeof instrument === 'string' &&
    action === (side === 'long' ? 'sell' : 'buy') &&
    quantity > 0 &&
    (route === 'place' || (sent.trigger?.price ?? 0) > 0)
  if (!isWhole) throw new NotUnderstood(400, 'not an order')
  return {
    target: { route, clientOrderId, instrument, type },
    act: (venue, harms) => {
      const reject = harms.find(harm => harm.kind === 'reject')
      const plan = harms.find(harm => harm.kind === 'fill')?.plan
      const { code = '', text } = reject ?? {}
      const rejection = { code, ...(text !== undefined && { text }) }
      const answer = venue.place(sent, {
        ...(reject && { reject: rejection }),
        ...(plan && { plan }),
      })
      if (answer.kind !== 'acknowledged' || answer.order === undefined)
        return { clientOrderId, ...answer }
      return { clientOrderId, ...answer, order: reportedState(answer.order, venue.settings) }
    },
  }
}

function asking(route: 'order' | 'cancel', clientOrderId: string): Request {
  return {
    target: { route, clientOrderId },
    act: (venue, harms) => {
      const isRead = route === 'order' || harms.some(({ kind }) => kind === 'ignore')
      const crossShare = harms.find(harm => harm.kind === 'cross')?.share ?? 0
      const state = isRead
        ? venue.state(clientOrderId)
        : venue.cancel(clientOrderId, { crossShare })
      return { clientOrderId, ...reportedState(state, venue.settings) }
    },
  }
}

function holding(name: Record<string, string>): Request {
  const { instrument } = name
  if (instrument === undefined) throw new NotUnderstood(400, 'no instrument')
  return {
    target: { route: 'holding', instrument },
    act: ({ book, settings }) => {
      const { holdings: model, products = false } = settings.capabilities
      const missing = model === 'sides' ? 'side' : 'ticket'
      if (products && name['product'] === undefined) return { ...name, kind: 'unknown' }
      if (model !== 'net' && name[missing] === undefined) return { ...name, kind: 'unknown' }
      const key = book.nameOf({ ...name, instrument }, model)
      const lagMs = settings.lagMs.holding
      const quantity = drifted(book.quantity(key, Date.now() - lagMs), settings)
      const age = settings.reportsAge ? { ageMs: lagMs } : {}
      const isFlat = quantity === 0 || !book.hasTraded(key)
      return { ...name, ...age, ...(isFlat ? { kind: 'flat' } : { kind: 'held', quantity }) }
    },
  }
}

const holdings = ({ book, settings }: Venue): Record<string, unknown> => ({
  holdings: book.holdings(Date.now() - settings.lagMs.list).map(row => ({
    ...row,
    quantity: drifted(row.quantity, settings),
    ...(settings.reportsAge && { ageMs: settings.lagMs.list }),
  })),
})

/** A sum of doubles that is a little less than what it should be. */
const drifted = (quantity: number, { drifts }: Settings): number => {
  if (!drifts) return quantity
  return quantity === 0 ? 2 ** -54 : quantity * (1 - 2 ** -52)
}

function reportedState(state: StateAnswer, settings: Settings): StateAnswer {
  if (!('executed' in state) || state.executed.quantity === 0) return state
  const { quantity, price } = state.executed
  return { ...state, executed: { quantity: drifted(quantity, settings), price } }
}

const openOrders = (venue: Venue): Record<string, unknown> => ({
  orders: venue.openOrders().map(order => {
    const { clientOrderId, instrument, action } = order
    const remaining = remainingOf(order) * (action === 'buy' ? 1 : -1)
    return { clientOrderId: clientOrderId === '' ? null : clientOrderId, instrument, remaining }
  }),
})

function quotes({ book }: Venue, instruments: readonly string[]): Record<string, unknown> {
  const known = instruments.flatMap(instrument => {
    const last = book.prices.get(instrument)
    return last === undefined ? [] : [{ instrument, ts: last.at, price: last.price }]
  })
  return { quotes: known }
}
