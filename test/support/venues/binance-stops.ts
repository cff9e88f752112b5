import { viewOf, type BookOrder } from '../broker-server/book.ts'
import { ok, refuse, symbolOf, type Asked, type Route, type RouteReply } from './binance-asked.ts'
import { placeWith } from './binance-orders.ts'
import { places } from './instruments.ts'

/** A triggered stop becomes an order with this number, and with an id of its own. */
export const numberOf = ({ number }: BookOrder): number => 1_000_000 + number

const isStop = (order: BookOrder): boolean => order.trigger !== undefined

function stopRow(order: BookOrder): Record<string, unknown> {
  const { trigger, rests, instrument, action, quantity, clientOrderId } = order
  const isEnded = viewOf(order).kind === 'ended'
  const status = rests === null ? 'FINISHED' : isEnded ? 'CANCELED' : 'NEW'
  return {
    algoId: 2_000_000 + order.number,
    clientAlgoId: clientOrderId,
    algoType: 'CONDITIONAL',
    orderType: 'STOP_MARKET',
    symbol: instrument,
    side: action === 'sell' ? 'SELL' : 'BUY',
    positionSide: 'BOTH',
    quantity: places(quantity),
    algoStatus: status,
    actualOrderId: rests === null ? String(numberOf(order)) : '',
    triggerPrice: places((rests ?? trigger)!.price, 2),
    workingType: trigger!.by === 'mark' ? 'MARK_PRICE' : 'CONTRACT_PRICE',
    reduceOnly: order.reduceOnly,
  }
}

function place(asked: Asked): RouteReply {
  const { params } = asked
  if (params['algoType'] !== 'CONDITIONAL' || params['type'] !== 'STOP_MARKET')
    refuse(400, -1116, 'Invalid orderType.')
  const by = params['workingType'] === 'MARK_PRICE' ? 'mark' : 'last'
  const trigger = { price: Number(params['triggerPrice']), by } as const
  return placeWith(asked, { id: params['clientAlgoId'] ?? '', trigger }, stopRow)
}

function found({ params, venue }: Asked): BookOrder | undefined {
  const orders = venue.book.ordersOf(params['clientAlgoId'] ?? '')
  return orders.findLast(each => each.rejected === null && isStop(each))
}

const ABSENT: RouteReply = { status: 400, body: { code: -2013, msg: 'Order does not exist.' } }

function lookUp(asked: Asked): RouteReply {
  const order = found(asked)
  return order === undefined ? ABSENT : ok(stopRow(order))
}

function cancel(asked: Asked): RouteReply {
  const { venue, harms } = asked
  const order = found(asked)
  if (order === undefined || order.rests === null || !venue.book.working.has(order))
    return { status: 400, body: { code: -2011, msg: 'Unknown order sent.' } }
  const { clientOrderId: clientAlgoId } = order
  if (!harms.some(({ kind }) => kind === 'ignore')) venue.cancel(clientAlgoId)
  return ok({ algoId: 2_000_000 + order.number, clientAlgoId, code: '200', msg: 'success' })
}

const list = (asked: Asked): RouteReply => {
  if (asked.params['symbol'] !== undefined) symbolOf(asked)
  const resting = asked.venue.openOrders().filter(each => each.rests !== null)
  return ok(resting.map(stopRow))
}

const SIGNED = { isSigned: true, weight: 1 } as const

/** Paths of stop orders, which rest apart from all others. */
export const STOP_ROUTES: Readonly<Record<string, Route>> = {
  'POST /fapi/v1/algoOrder': { ...SIGNED, route: 'stop', weight: 0, act: place },
  'GET /fapi/v1/algoOrder': { ...SIGNED, route: 'order', act: lookUp },
  'DELETE /fapi/v1/algoOrder': { ...SIGNED, route: 'cancel', act: cancel },
  'GET /fapi/v1/openAlgoOrders': { ...SIGNED, route: 'open-orders', weight: 40, act: list },
}
