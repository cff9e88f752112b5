import type { Side } from '../../../src/domain/position.ts'
import { viewOf, type BookOrder, type SentOrder } from '../broker-server/book.ts'
import { Refusal, type Asked, type Route } from './bybit.ts'
import { FIXED, isMultiple, places } from './instruments.ts'
import { reductionsOf } from './reductions.ts'

const textOf = ({ params }: Asked, name: string): string => {
  const value = params[name]
  return typeof value === 'string' ? value : ''
}

function symbolOf(asked: Asked): string {
  const symbol = textOf(asked, 'symbol')
  const { instruments } = asked.venue.settings
  if (instruments?.includes(symbol) === false || !/^[A-Z0-9-]{1,20}$/.test(symbol))
    throw new Refusal(10001, 'params error: symbol invalid')
  return symbol
}

/** Checks an order and places none. */
function check(asked: Asked): unknown {
  const sent = sentOf(asked)
  const answer = asked.venue.check(sent)
  if (answer.kind !== 'acknowledged') throw new Refusal(10001, 'params error')
  return { orderId: '', orderLinkId: sent.clientOrderId, preImrE4: 30, postImrE4: 50 }
}

function place(asked: Asked): unknown {
  const { venue, harms, emulator, params } = asked
  const { mode, rejectsLate } = emulator.emulation
  const sent = { ...sentOf(asked), ...triggerOf(asked) }
  const index = mode === 'one-way' ? 0 : sent.side === 'long' ? 1 : 2
  if (params['positionIdx'] !== index)
    throw new Refusal(10001, 'position idx not match position mode')
  const reject = harms.find(harm => harm.kind === 'reject')
  const plan = harms.find(harm => harm.kind === 'fill')?.plan
  const answer = venue.place(sent, {
    ...(reject && { reject: { code: reject.code } }),
    ...(plan && { plan }),
  })
  if (answer.kind === 'duplicate') throw new Refusal(110072, 'OrderLinkedID is duplicate')
  if (answer.kind === 'rejected' && !rejectsLate && reject?.code !== 'late') {
    const [code, text] = CODES[answer.code] ?? [10001, 'params error']
    throw new Refusal(code, text)
  }
  return {
    orderId: idOf(venue.book.ordersOf(sent.clientOrderId).at(-1)!),
    orderLinkId: sent.clientOrderId,
  }
}

/** The trigger of a conditional order; its direction must be that of a stop. */
function triggerOf(asked: Asked): Pick<SentOrder, 'trigger'> {
  const price = textOf(asked, 'triggerPrice')
  if (price === '') return {}
  const falls = textOf(asked, 'side') === 'Sell'
  if (asked.params['triggerDirection'] !== (falls ? 2 : 1))
    throw new Refusal(10001, 'TriggerDirection invalid')
  const by = textOf(asked, 'triggerBy') === 'MarkPrice' ? 'mark' : 'last'
  return { trigger: { price: Number(price), by } }
}

function amend(asked: Asked): unknown {
  const { venue, harms } = asked
  const id = textOf(asked, 'orderLinkId')
  const order = venue.book.ordersOf(id).findLast(each => venue.book.working.has(each))
  if (order?.rests == null) throw new Refusal(110001, 'order not exists or too late to replace')
  const price = Number(textOf(asked, 'triggerPrice'))
  if (!harms.some(({ kind }) => kind === 'ignore'))
    venue.amend(id, { by: order.rests.by ?? 'last', price })
  return { orderId: idOf(order), orderLinkId: id }
}

const CODES: Readonly<Record<string, readonly [number, string]>> = {
  'insufficient-quantity': [110017, 'current position is zero, cannot fix reduce-only order qty'],
  'market-closed': [110074, 'This contract is not live'],
  'would-trigger': [110093, 'expect Falling, but trigger_price is above the last price'],
}

const idOf = ({ number }: BookOrder): string => `order-${number}`

function sentOf(asked: Asked): SentOrder {
  const { params, emulator } = asked
  const [id, side, type, qty] = ['orderLinkId', 'side', 'orderType', 'qty'].map(name =>
    textOf(asked, name),
  ) as [string, string, string, string]
  const { lot, tick, minQuantity } = { ...FIXED, ...emulator.emulation.fixed }
  if (!/^[A-Za-z0-9_-]{1,36}$/.test(id)) throw new Refusal(10001, 'params error: orderLinkId')
  if (!/^\d+(\.\d+)?$/.test(qty) || !isMultiple(qty, lot) || Number(qty) < minQuantity)
    throw new Refusal(10001, 'Qty invalid')
  const price = textOf(asked, 'price')
  if (type === 'Limit' && !isMultiple(price, tick)) throw new Refusal(10001, 'Price invalid')
  const action = side === 'Sell' ? 'sell' : 'buy'
  return {
    clientOrderId: id,
    instrument: symbolOf(asked),
    action,
    side: action === 'sell' ? 'long' : 'short',
    quantity: Number(qty),
    type: type === 'Limit' ? 'limit' : 'market',
    ...(type === 'Limit' && { limit: Number(price) }),
    reduceOnly: params['reduceOnly'] === true,
  }
}

function orderRow(order: BookOrder, at = Infinity): Record<string, unknown> {
  const { kind, executed } = viewOf(order, at)
  const isPart = kind === 'working' && executed.quantity > 0
  const status = {
    filled: 'Filled',
    ended: 'Cancelled',
    working: isPart ? 'PartiallyFilled' : 'New',
  }
  return {
    orderId: idOf(order),
    orderLinkId: order.clientOrderId,
    symbol: order.instrument,
    side: order.action === 'sell' ? 'Sell' : 'Buy',
    orderStatus: order.rejected === null ? (stopStatusOf(order) ?? status[kind]) : 'Rejected',
    triggerPrice:
      order.trigger === undefined ? '' : places((order.rests ?? order.trigger).price, 2),
    rejectReason: order.rejected === null ? 'EC_NoError' : 'EC_Others',
    qty: places(order.quantity),
    cumExecQty: places(executed.quantity),
    avgPrice: executed.price === null ? '' : places(executed.price, 5),
    positionIdx: 0,
    reduceOnly: order.reduceOnly,
    createdTime: String(order.at),
  }
}

/** State of a conditional order whose trigger was not met; undefined for any other order. */
function stopStatusOf(order: BookOrder): string | undefined {
  if (order.rests === null) return undefined
  return viewOf(order).kind === 'ended' ? 'Deactivated' : 'Untriggered'
}

/** Rows from the cursor on, and the cursor of the next page. */
function paged(asked: Asked, rows: readonly unknown[]): unknown {
  const { pageSize } = asked.emulator.emulation
  const limit = Math.min(Number(textOf(asked, 'limit') || 20), pageSize)
  const from = Number(textOf(asked, 'cursor').replace(/^from=/, '') || 0)
  const list = rows.slice(from, from + limit)
  const next = from + limit < rows.length ? encodeURIComponent(`from=${from + limit}`) : ''
  return { category: 'linear', list, nextPageCursor: next }
}

const isOfCoin = (asked: Asked): boolean => textOf(asked, 'settleCoin') !== 'USDC'

function realtime(asked: Asked): unknown {
  const { venue, emulator } = asked
  const id = textOf(asked, 'orderLinkId')
  const at = Date.now() - venue.settings.lagMs.order
  const isClosed = textOf(asked, 'openOnly') === '1'
  if (id === '') {
    if (!isOfCoin(asked)) return paged(asked, [])
    return paged(
      asked,
      venue.openOrders().map(order => orderRow(order)),
    )
  }
  const all = venue.book.ordersOf(id).filter(order => order.at <= at && isWhole(asked, order))
  const wanted = all.filter(order => venue.book.working.has(order) !== isClosed)
  const seen = isClosed && emulator.emulation.forgetsClosed ? [] : wanted
  return paged(
    asked,
    seen.slice(-1).map(order => orderRow(order, at)),
  )
}

/** An order that was refused immediately never existed. */
const isWhole = ({ emulator }: Asked, order: BookOrder): boolean =>
  order.rejected === null || emulator.emulation.rejectsLate || order.rejected === 'late'

function history(asked: Asked): unknown {
  const { venue } = asked
  const over = venue.book
    .ordersOf(textOf(asked, 'orderLinkId'))
    .filter(order => !venue.book.working.has(order) && isWhole(asked, order))
  return paged(
    asked,
    over.slice(-1).map(order => orderRow(order)),
  )
}

function cancel(asked: Asked): unknown {
  const { venue, harms } = asked
  const id = textOf(asked, 'orderLinkId')
  const order = venue.book.ordersOf(id).findLast(each => venue.book.working.has(each))
  if (order === undefined) throw new Refusal(110001, 'order not exists or too late to cancel')
  if (!harms.some(({ kind }) => kind === 'ignore'))
    venue.cancel(id, { crossShare: harms.find(harm => harm.kind === 'cross')?.share ?? 0 })
  return { orderId: idOf(order), orderLinkId: id }
}

function positionRow(symbol: string, positionIdx: number, quantity: number): unknown {
  const side = quantity === 0 ? '' : quantity > 0 ? 'Buy' : 'Sell'
  return { symbol, positionIdx, side, size: places(Math.abs(quantity)), avgPrice: '100' }
}

function positions(asked: Asked): unknown {
  const { venue, emulator } = asked
  const { book, settings } = venue
  const isHedge = emulator.emulation.mode === 'hedge'
  if (textOf(asked, 'symbol') === '') {
    const rows = book
      .holdings(Date.now() - settings.lagMs.list)
      .map(({ instrument, quantity }) =>
        positionRow(instrument, isHedge ? (quantity > 0 ? 1 : 2) : 0, quantity),
      )
    return paged(asked, isOfCoin(asked) ? rows : [])
  }
  const instrument = symbolOf(asked)
  const at = Date.now() - settings.lagMs.holding
  const held = (side?: Side): number => {
    const name = book.nameOf({ instrument, ...(side && { side }) }, settings.capabilities.holdings)
    return book.quantity(name, at)
  }
  const rows = isHedge
    ? [positionRow(instrument, 1, held('long')), positionRow(instrument, 2, held('short'))]
    : [positionRow(instrument, 0, held())]
  return { category: 'linear', list: rows, nextPageCursor: '' }
}

function tickers(asked: Asked): unknown {
  const { prices } = asked.venue.book
  const symbol = textOf(asked, 'symbol')
  const wanted = [...prices].filter(([name]) => symbol === '' || name === symbol)
  const list = wanted.map(([name, { price }]) => {
    const text = places(price, 2)
    return { symbol: name, lastPrice: text, bid1Price: text, ask1Price: text }
  })
  return { category: 'linear', list }
}

function instruments(asked: Asked): unknown {
  const { venue, emulator } = asked
  const { lot, tick, minQuantity, maxQuantity } = { ...FIXED, ...emulator.emulation.fixed }
  const lotSizeFilter = {
    qtyStep: String(lot),
    minOrderQty: String(minQuantity),
    maxMktOrderQty: String(maxQuantity),
    minNotionalValue: '5',
  }
  const names = venue.settings.instruments ?? [...venue.book.prices.keys()]
  const rows = names.map(symbol => ({
    symbol,
    status: 'Trading',
    settleCoin: 'USDT',
    lotSizeFilter,
    priceFilter: { tickSize: String(tick) },
  }))
  return paged(asked, rows)
}

/** Executions, the newest first. */
function executions(asked: Asked): unknown {
  const symbol = symbolOf(asked)
  if (Number(textOf(asked, 'limit') || 50) > 100) throw new Refusal(10001, 'params error: limit')
  const since = Number(textOf(asked, 'startTime') || 0)
  const rows = reductionsOf(asked.venue.book, symbol, since).map(each => ({
    symbol,
    execId: `exec-${each.number}`,
    execType: 'Trade',
    orderLinkId: each.clientOrderId,
    side: each.side === 'long' ? 'Sell' : 'Buy',
    closedSize: places(each.closed),
    execTime: String(each.at),
  }))
  return paged(asked, rows.toReversed())
}

const apiKey = ({ emulator: { emulation } }: Asked): unknown => ({
  readOnly: 0,
  permissions: emulation.rights,
  ips: emulation.ips,
  isMaster: !emulation.isSubAccount,
  expiredAt: '1970-01-01T00:00:00Z',
})

/** Every path that watchkeeper asks for. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET /v5/market/time': { route: 'capabilities', isSigned: false, act: () => ({}) },
  'GET /v5/market/tickers': { route: 'quotes', isSigned: false, act: tickers },
  'GET /v5/market/instruments-info': { route: 'capabilities', isSigned: false, act: instruments },
  'POST /v5/order/pre-check': { route: 'account', isSigned: true, act: check },
  'POST /v5/order/create': { route: 'place', isSigned: true, act: place },
  'POST /v5/order/amend': { route: 'amend', isSigned: true, act: amend },
  'POST /v5/order/cancel': { route: 'cancel', isSigned: true, act: cancel },
  'GET /v5/order/realtime': { route: 'order', isSigned: true, act: realtime },
  'GET /v5/order/history': { route: 'order', isSigned: true, act: history },
  'GET /v5/position/list': { route: 'holding', isSigned: true, act: positions },
  'GET /v5/execution/list': { route: 'changes', isSigned: true, act: executions },
  'GET /v5/user/query-api': { route: 'capabilities', isSigned: true, act: apiKey },
}
