import type { Side } from '../../../src/domain/position.ts'
import { viewOf, type BookOrder, type SentOrder } from '../broker-server/book.ts'
import { FIXED, isMultiple, places } from './instruments.ts'
import { Refusal, type Asked, type Route } from './okx.ts'
import { reductionsOf } from './reductions.ts'

export const textOf = ({ params }: Asked, name: string): string => {
  const value = params[name]
  return typeof value === 'string' ? value : ''
}

export const row = (code: string, message: string): Refusal =>
  new Refusal(code, message, { isRow: true })

function instrumentOf(asked: Asked): string {
  const name = textOf(asked, 'instId')
  if (asked.venue.settings.instruments?.includes(name) === false || !/^[A-Z0-9-]{1,30}$/.test(name))
    throw row('51001', 'Instrument ID does not exist')
  return name
}

/** Checks an order and places none. */
function check(asked: Asked): readonly unknown[] {
  if (!asked.emulator.emulation.checksOrders)
    throw new Refusal('51010', 'Operation is not supported under the current account mode')
  placeWith(asked, { id: textOf(asked, 'clOrdId'), isCheck: true })
  return [{ adjEq: '100', imrChg: '1', mmrChg: '1' }]
}

const place = (asked: Asked): readonly unknown[] => [
  acknowledged(placeWith(asked, { id: textOf(asked, 'clOrdId') })),
]

/** Places an order, or a stop where it has a trigger. */
export function placeWith(
  asked: Asked,
  {
    id,
    trigger,
    isCheck = false,
  }: {
    readonly id: string
    readonly trigger?: NonNullable<SentOrder['trigger']>
    readonly isCheck?: boolean
  },
): BookOrder {
  const { venue, harms, emulator } = asked
  const sent = { ...sentOf(asked, id), ...(trigger && { trigger }) }
  if (textOf(asked, 'tdMode') !== emulator.emulation.margin)
    throw row('51169', 'Order failed because you do not have any positions in this direction')
  const reject = harms.find(harm => harm.kind === 'reject')
  const plan = harms.find(harm => harm.kind === 'fill')?.plan
  const answer = isCheck
    ? venue.check(sent)
    : venue.place(sent, {
        ...(reject && { reject: { code: reject.code } }),
        ...(plan && { plan }),
      })
  if (answer.kind === 'duplicate') throw row('51016', 'Client order ID already exists.')
  if (answer.kind === 'rejected') {
    const [code, text] = CODES[answer.code] ?? ['51000', 'Parameter error']
    throw row(code, text)
  }
  return venue.book.ordersOf(sent.clientOrderId).at(-1)!
}

const CODES: Readonly<Record<string, readonly [string, string]>> = {
  'insufficient-quantity': ['51169', 'Order failed because you do not have any positions'],
  'market-closed': ['51028', 'Contract under delivery'],
  'would-trigger': ['51280', 'SL trigger price must be less than the last price'],
}

export const idOf = ({ number }: BookOrder): string => `70000${number}`

const acknowledged = (order: BookOrder): unknown => ({
  clOrdId: order.clientOrderId,
  ordId: idOf(order),
  tag: '',
  sCode: '0',
  sMsg: '',
})

function sentOf(asked: Asked, id: string): SentOrder {
  const { params, emulator } = asked
  const [side, type, size, price] = ['side', 'ordType', 'sz', 'px'].map(name =>
    textOf(asked, name),
  ) as [string, string, string, string]
  const { lot, tick, minQuantity } = { ...FIXED, ...emulator.emulation.fixed }
  if (!/^[A-Za-z0-9]{1,32}$/.test(id)) throw row('51000', 'Parameter clOrdId error')
  if (!/^\d+(\.\d+)?$/.test(size) || !isMultiple(size, lot))
    throw row('51121', 'Order quantity must be a multiple of the lot size.')
  if (Number(size) < minQuantity) throw row('51020', 'Your order should meet or exceed the minimum')
  if (type === 'limit' && !isMultiple(price, tick)) throw row('51000', 'Parameter px error')
  const isHedge = emulator.emulation.mode === 'hedge'
  const action = side === 'sell' ? 'sell' : 'buy'
  const closes: Side = action === 'sell' ? 'long' : 'short'
  if (isHedge !== (params['posSide'] !== undefined) || (isHedge && params['posSide'] !== closes))
    throw row('51000', 'Parameter posSide error')
  return {
    clientOrderId: id,
    instrument: instrumentOf(asked),
    action,
    side: closes,
    quantity: Number(size),
    type: type === 'limit' ? 'limit' : 'market',
    ...(type === 'limit' && { limit: Number(price) }),
    reduceOnly: isHedge || params['reduceOnly'] === true,
  }
}

function orderRow(order: BookOrder, at = Infinity): Record<string, unknown> {
  const { kind, executed } = viewOf(order, at)
  const isPart = kind === 'working' && executed.quantity > 0
  const state = {
    filled: 'filled',
    ended: 'canceled',
    working: isPart ? 'partially_filled' : 'live',
  }
  return {
    instId: order.instrument,
    instType: 'SWAP',
    ordId: idOf(order),
    // A stop that was triggered is an order without an id of the client.
    clOrdId: order.trigger === undefined ? order.clientOrderId : '',
    side: order.action,
    state: state[kind],
    sz: places(order.quantity),
    accFillSz: places(executed.quantity),
    avgPx: executed.price === null ? '' : places(executed.price, 5),
  }
}

function lookUp(asked: Asked): readonly unknown[] {
  const { venue } = asked
  const instrument = instrumentOf(asked)
  const at = Date.now() - venue.settings.lagMs.order
  const number = textOf(asked, 'ordId')
  const named = number === '' ? venue.book.ordersOf(textOf(asked, 'clOrdId')) : venue.book.orders
  const order = named
    .filter(each => number === '' || idOf(each) === number)
    .findLast(each => each.at <= at && each.rejected === null && each.instrument === instrument)
  if (order === undefined) throw new Refusal('51603', 'Order does not exist')
  return [orderRow(order, at)]
}

function cancel(asked: Asked): readonly unknown[] {
  const { venue, harms } = asked
  const number = textOf(asked, 'ordId')
  const id =
    venue.book.orders.find(each => idOf(each) === number)?.clientOrderId ?? textOf(asked, 'clOrdId')
  const order = venue.book.ordersOf(id).findLast(each => venue.book.working.has(each))
  if (order === undefined)
    throw row(
      '51400',
      'Cancellation failed as the order has been filled, canceled or does not exist.',
    )
  if (!harms.some(({ kind }) => kind === 'ignore'))
    venue.cancel(id, { crossShare: harms.find(harm => harm.kind === 'cross')?.share ?? 0 })
  return [acknowledged(order)]
}

function pending(asked: Asked): readonly unknown[] {
  const newestFirst = asked.venue
    .openOrders()
    .filter(each => each.rests === null)
    .toReversed()
  const after = textOf(asked, 'after')
  const from = after === '' ? 0 : newestFirst.findIndex(order => idOf(order) === after) + 1
  return newestFirst
    .slice(from, from + Number(textOf(asked, 'limit') || 100))
    .map(each => orderRow(each))
}

function positionRow(
  { emulator }: Asked,
  instId: string,
  held: { posSide: string; pos: number },
): unknown {
  const { posSide, pos } = held
  return {
    instId,
    instType: 'SWAP',
    posSide,
    mgnMode: emulator.emulation.margin,
    avgPx: '100',
    pos: places(posSide === 'short' ? Math.abs(pos) : pos),
  }
}

function positions(asked: Asked): readonly unknown[] {
  const { venue, emulator } = asked
  const { book, settings } = venue
  const isHedge = emulator.emulation.mode === 'hedge'
  const sideOf = (quantity: number): string => (isHedge ? (quantity > 0 ? 'long' : 'short') : 'net')
  if (textOf(asked, 'instId') === '') {
    const held = book.holdings(Date.now() - settings.lagMs.list)
    return held.map(({ instrument, quantity: pos }) =>
      positionRow(asked, instrument, { posSide: sideOf(pos), pos }),
    )
  }
  const instrument = instrumentOf(asked)
  const at = Date.now() - settings.lagMs.holding
  const rowOf = (side?: Side): unknown[] => {
    const name = book.nameOf({ instrument, ...(side && { side }) }, settings.capabilities.holdings)
    if (!emulator.emulation.showsFlat && !book.hasTraded(name)) return []
    return [
      positionRow(asked, instrument, { posSide: side ?? 'net', pos: book.quantity(name, at) }),
    ]
  }
  return isHedge ? [...rowOf('long'), ...rowOf('short')] : rowOf()
}

function tickers(asked: Asked): readonly unknown[] {
  const only = textOf(asked, 'instId')
  if (textOf(asked, 'instType') === 'FUTURES') return []
  return [...asked.venue.book.prices]
    .filter(([name]) => only === '' || name === only)
    .map(([instId, { price, at }]) => {
      const text = places(price, 2)
      return { instId, instType: 'SWAP', last: text, bidPx: text, askPx: text, ts: String(at) }
    })
}

function instruments(asked: Asked): readonly unknown[] {
  const { venue, emulator } = asked
  if (textOf(asked, 'instType') === 'FUTURES') return []
  const { lot, tick, minQuantity } = { ...FIXED, ...emulator.emulation.fixed }
  const names = venue.settings.instruments ?? [...venue.book.prices.keys()]
  return names.map(instId => ({
    instId,
    ctType: emulator.emulation.coinMargined.includes(instId) ? 'inverse' : 'linear',
    ctVal: '0.01',
    ctMult: '1',
    settleCcy: 'USDT',
    state: 'live',
    lotSz: String(lot),
    minSz: String(minQuantity),
    tickSz: String(tick),
    maxMktSz: '10000',
  }))
}

const HISTORY = 100

/** Ended orders, the newest first; `after` is a number of one, older than which the rows are. */
function history(asked: Asked): readonly unknown[] {
  const instId = instrumentOf(asked)
  const limit = Number(textOf(asked, 'limit') || HISTORY)
  if (limit > HISTORY) throw new Refusal('51000', 'Parameter limit error')
  const since = Number(textOf(asked, 'begin') || 0)
  const rows = reductionsOf(asked.venue.book, instId, since).map(each => ({
    instId,
    instType: 'SWAP',
    ordId: `71000${each.number}`,
    clOrdId: each.clientOrderId.startsWith('wkn') ? '' : each.clientOrderId,
    algoClOrdId: each.clientOrderId.startsWith('wkn') ? each.clientOrderId : '',
    posSide: asked.emulator.emulation.mode === 'hedge' ? each.side : 'net',
    category: 'normal',
    accFillSz: places(each.closed),
    pnl: '-1',
    uTime: String(each.at),
  }))
  const newest = rows.toReversed()
  const after = textOf(asked, 'after')
  const from = after === '' ? 0 : newest.findIndex(({ ordId }) => ordId === after) + 1
  return newest.slice(from, from + limit)
}

const config = ({ emulator: { emulation } }: Asked): readonly unknown[] => [
  {
    posMode: emulation.mode === 'hedge' ? 'long_short_mode' : 'net_mode',
    perm: emulation.perm,
    ip: emulation.ip,
    uid: emulation.isSubAccount ? '2' : '1',
    mainUid: '1',
  },
]

const OPEN = { isSigned: false } as const
const SIGNED = { isSigned: true } as const

/** Every path that watchkeeper asks for. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET /api/v5/public/time': {
    ...OPEN,
    route: 'capabilities',
    act: ({ emulator }) => [{ ts: String(emulator.now()) }],
  },
  'GET /api/v5/public/instruments': { ...OPEN, route: 'capabilities', act: instruments },
  'GET /api/v5/market/ticker': { ...OPEN, route: 'quotes', act: tickers },
  'GET /api/v5/market/tickers': { ...OPEN, route: 'quotes', act: tickers },
  'POST /api/v5/trade/order-precheck': { ...SIGNED, route: 'account', act: check },
  'POST /api/v5/trade/order': { ...SIGNED, route: 'place', act: place },
  'GET /api/v5/trade/order': { ...SIGNED, route: 'order', act: lookUp },
  'POST /api/v5/trade/cancel-order': { ...SIGNED, route: 'cancel', act: cancel },
  'GET /api/v5/trade/orders-pending': { ...SIGNED, route: 'open-orders', act: pending },
  'GET /api/v5/account/positions': { ...SIGNED, route: 'holding', act: positions },
  'GET /api/v5/trade/orders-history': { ...SIGNED, route: 'changes', act: history },
  'GET /api/v5/account/config': { ...SIGNED, route: 'capabilities', act: config },
}
