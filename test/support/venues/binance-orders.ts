import type { Side } from '../../../src/domain/position.ts'
import { viewOf, type BookOrder, type OrderView, type SentOrder } from '../broker-server/book.ts'
import type { PlaceAnswer } from '../broker-server/venue.ts'
import { ok, refuse, symbolOf, type Asked, type Params, type RouteReply } from './binance-asked.ts'
import { FIXED, isMultiple, places } from './instruments.ts'

const CODES: Readonly<Record<string, readonly [number, string]>> = {
  'insufficient-quantity': [-2022, 'ReduceOnly Order is rejected.'],
  'market-closed': [-4141, 'Symbol is closed'],
  'would-trigger': [-2021, 'Order would immediately trigger.'],
  'unknown-instrument': [-1121, 'Invalid symbol.'],
  'no-permission': [-4088, 'User can not place order currently'],
}

/** Checks an order and places none; the figures of the answer mean nothing. */
export const check = (asked: Asked): RouteReply =>
  placeWith(asked, { id: asked.params['newClientOrderId'] ?? '', isCheck: true }, () => ({
    orderId: 0,
    status: 'NEW',
  }))

export const place = (asked: Asked): RouteReply =>
  placeWith(asked, { id: asked.params['newClientOrderId'] ?? '' }, order =>
    orderRow(order, viewOf(order)),
  )

/** Places an order, or a stop where it has a trigger; `rowOf` is how the answer shows it. */
export function placeWith(
  asked: Asked,
  given: {
    readonly id: string
    readonly trigger?: NonNullable<SentOrder['trigger']>
    readonly isCheck?: boolean
  },
  rowOf: (order: BookOrder) => unknown,
): RouteReply {
  const { params, venue, harms, emulator } = asked
  const symbol = symbolOf(asked)
  const { mode } = emulator.emulation
  const positionSide = params['positionSide'] ?? 'BOTH'
  if ((positionSide === 'BOTH') !== (mode === 'one-way'))
    refuse(400, -4061, "Order's position side does not match user's setting.")
  if (mode === 'hedge' && params['reduceOnly'] !== undefined)
    refuse(400, -1106, "Parameter 'reduceonly' sent when not required.")
  const isReducing = mode === 'hedge' || params['reduceOnly'] === 'true'
  const { id, trigger, isCheck = false } = given
  const sent = { ...sentOf(symbol, params, id), ...(trigger && { trigger }) }
  assertLots(asked, { isReducing, price: venue.book.prices.get(symbol)?.price ?? 0 })
  const reject = harms.find(harm => harm.kind === 'reject')
  const plan = harms.find(harm => harm.kind === 'fill')?.plan
  const answer = isCheck
    ? venue.check(sent)
    : venue.place(sent, {
        ...(reject && { reject: { code: reject.code } }),
        ...(plan && { plan }),
      })
  return placedOf(answer, () => rowOf(venue.book.ordersOf(sent.clientOrderId).at(-1)!))
}

function sentOf(symbol: string, params: Params, id: string): SentOrder {
  const { side, type, quantity = '', price } = params
  if (!/^[.A-Z:/a-z0-9_-]{1,36}$/.test(id)) refuse(400, -4015, 'Client order id is not valid.')
  const action = side === 'SELL' ? 'sell' : 'buy'
  const byAction: Side = action === 'sell' ? 'long' : 'short'
  const bySide: Side = params['positionSide'] === 'LONG' ? 'long' : 'short'
  const isHedge = params['positionSide'] !== undefined
  if (isHedge && bySide !== byAction) refuse(400, -2022, 'this emulator opens no positions')
  return {
    clientOrderId: id,
    instrument: symbol,
    action,
    side: byAction,
    quantity: Number(quantity),
    type: type === 'LIMIT' ? 'limit' : 'market',
    ...(type === 'LIMIT' && { limit: Number(price) }),
    reduceOnly: isHedge || params['reduceOnly'] === 'true',
  }
}

function assertLots(
  { params, emulator }: Asked,
  { isReducing, price }: { isReducing: boolean; price: number },
): void {
  const { fixed } = emulator.emulation
  const { lot, tick, minQuantity, maxQuantity, minNotional } = { ...FIXED, ...fixed }
  const { quantity = '', price: limit } = params
  if (!/^\d+(\.\d+)?$/.test(quantity))
    refuse(400, -1102, "Mandatory parameter 'quantity' was malformed.")
  if (!isMultiple(quantity, lot))
    refuse(400, -1111, 'Precision is over the maximum defined for this asset.')
  if (Number(quantity) < minQuantity) refuse(400, -4004, 'Quantity less than min quantity.')
  if (Number(quantity) > maxQuantity) refuse(400, -4005, 'Quantity greater than max quantity.')
  if (limit !== undefined && !isMultiple(limit, tick))
    refuse(400, -4014, 'Price not increased by tick size.')
  if (!isReducing && Number(quantity) * price < minNotional)
    refuse(
      400,
      -4164,
      "Order's notional must be no smaller than 5.0 (unless you choose reduce only)",
    )
}

function placedOf(answer: PlaceAnswer, row: () => unknown): RouteReply {
  switch (answer.kind) {
    case 'duplicate':
      return { status: 400, body: { code: -4116, msg: 'clientOrderId is duplicated' } }
    case 'rejected': {
      const [code, msg] = CODES[answer.code] ?? [-2010, 'NEW_ORDER_REJECTED']
      return { status: 400, body: { code, msg } }
    }
    case 'acknowledged':
      return ok(row())
  }
}

export function orderRow(order: BookOrder, view: OrderView): Record<string, unknown> {
  const { instrument, action, clientOrderId, quantity, limit, number, reduceOnly, at } = order
  const { executed, kind } = view
  const isPart = kind === 'working' && executed.quantity > 0
  const status = {
    filled: 'FILLED',
    ended: 'CANCELED',
    working: isPart ? 'PARTIALLY_FILLED' : 'NEW',
  }
  return {
    orderId: 1_000_000 + number,
    symbol: instrument,
    status: status[kind],
    // A stop that was triggered is an order with an id that the venue has chosen.
    clientOrderId: order.trigger === undefined ? clientOrderId : `autoclose-${number}`,
    price: places(limit ?? 0, 2),
    avgPrice: places(executed.price ?? 0, 5),
    origQty: places(quantity),
    executedQty: places(executed.quantity),
    cumQuote: places(executed.quantity * (executed.price ?? 0), 5),
    timeInForce: 'GTC',
    type: limit === undefined ? 'MARKET' : 'LIMIT',
    reduceOnly,
    side: action === 'sell' ? 'SELL' : 'BUY',
    positionSide: 'BOTH',
    time: at,
    updateTime: at,
  }
}

/**
 * An order as the venue finds it: rejected orders never lived, and orders without a fill are
 * forgotten.
 */
function found(asked: Asked): BookOrder | undefined {
  const { venue, params, emulator } = asked
  const symbol = symbolOf(asked)
  if (params['orderId'] !== undefined) return byNumber(venue.book.orders, params['orderId'])
  const id = params['origClientOrderId'] ?? ''
  const visibleAt = Date.now() - venue.settings.lagMs.order
  const order = venue.book
    .ordersOf(id)
    .findLast(each => each.at <= visibleAt && each.rejected === null && each.instrument === symbol)
  if (order === undefined) return undefined
  const isForgotten =
    order.fills.length === 0 &&
    order.endedAt !== null &&
    Date.now() - order.endedAt > emulator.emulation.forgetsMs
  return isForgotten ? undefined : order
}

const byNumber = (orders: readonly BookOrder[], number: string): BookOrder | undefined =>
  orders.find(each => String(1_000_000 + each.number) === number)

export function lookUp(asked: Asked): RouteReply {
  const order = found(asked)
  if (order === undefined)
    return { status: 400, body: { code: -2013, msg: 'Order does not exist.' } }
  return ok(orderRow(order, viewOf(order, Date.now() - asked.venue.settings.lagMs.order)))
}

export function cancel(asked: Asked): RouteReply {
  const { venue, params, harms } = asked
  symbolOf(asked)
  const named = byNumber(venue.book.orders, params['orderId'] ?? '')
  const id = named?.clientOrderId ?? params['origClientOrderId'] ?? ''
  const before = venue.book.ordersOf(id).findLast(each => each.rejected === null)
  const isWorking = before !== undefined && venue.book.working.has(before)
  if (!isWorking) return { status: 400, body: { code: -2011, msg: 'Unknown order sent.' } }
  if (!harms.some(({ kind }) => kind === 'ignore')) {
    venue.cancel(id, { crossShare: harms.find(harm => harm.kind === 'cross')?.share ?? 0 })
  }
  const { avgPrice: _none, ...row } = orderRow(before, viewOf(before))
  return ok(row)
}
