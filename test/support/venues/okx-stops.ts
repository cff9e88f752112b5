import { viewOf, type BookOrder } from '../broker-server/book.ts'
import { places } from './instruments.ts'
import { idOf, placeWith, row, textOf } from './okx-routes.ts'
import { Refusal, type Asked, type Route } from './okx.ts'

const algoIdOf = ({ number }: BookOrder): string => `81000${number}`

const acknowledged = (order: BookOrder): unknown => ({
  algoId: algoIdOf(order),
  algoClOrdId: order.clientOrderId,
  clOrdId: '',
  sCode: '0',
  sMsg: '',
  tag: '',
})

function stopRow(order: BookOrder): unknown {
  const { trigger, rests, instrument: instId, action: side } = order
  const isEnded = viewOf(order).kind === 'ended'
  return {
    algoId: algoIdOf(order),
    algoClOrdId: order.clientOrderId,
    instId,
    instType: 'SWAP',
    side,
    ordType: 'conditional',
    sz: places(order.quantity),
    state: rests === null ? 'effective' : isEnded ? 'canceled' : 'live',
    slTriggerPx: places((rests ?? trigger)!.price, 2),
    slOrdPx: '-1',
    ordId: rests === null ? idOf(order) : '',
    failCode: '',
  }
}

function place(asked: Asked): readonly unknown[] {
  if (textOf(asked, 'ordType') !== 'conditional' || textOf(asked, 'slOrdPx') !== '-1')
    throw row('51000', 'Parameter ordType error')
  const by = textOf(asked, 'slTriggerPxType') === 'mark' ? 'mark' : 'last'
  const trigger = { price: Number(textOf(asked, 'slTriggerPx')), by } as const
  return [acknowledged(placeWith(asked, { id: textOf(asked, 'algoClOrdId'), trigger }))]
}

const stops = ({ venue }: Asked): readonly BookOrder[] =>
  venue.book.orders.filter(each => each.rejected === null && each.trigger !== undefined)

const byName = (asked: Asked): BookOrder | undefined =>
  stops(asked).findLast(each => each.clientOrderId === textOf(asked, 'algoClOrdId'))

function lookUp(asked: Asked): readonly unknown[] {
  const order = byName(asked)
  if (order === undefined) throw new Refusal('51603', 'Order does not exist')
  return [stopRow(order)]
}

function cancel(asked: Asked): readonly unknown[] {
  const { params, venue, harms } = asked
  const [{ algoId } = { algoId: '' }] = params as unknown as readonly { readonly algoId: string }[]
  const order = stops(asked).find(each => algoIdOf(each) === algoId)
  if (order === undefined || order.rests === null || !venue.book.working.has(order))
    throw row('51400', 'Cancellation failed as the order has been filled or does not exist.')
  if (!harms.some(({ kind }) => kind === 'ignore')) venue.cancel(order.clientOrderId)
  return [acknowledged(order)]
}

function amend(asked: Asked): readonly unknown[] {
  const { venue, harms } = asked
  const order = byName(asked)
  if (order?.rests == null || !venue.book.working.has(order))
    throw row('51503', 'Order modification failed as the order does not exist.')
  const price = Number(textOf(asked, 'newSlTriggerPx'))
  const isIgnored = harms.some(({ kind }) => kind === 'ignore')
  if (!isIgnored) venue.amend(order.clientOrderId, { by: order.rests.by ?? 'last', price })
  return [acknowledged(order)]
}

const list = (asked: Asked): readonly unknown[] =>
  asked.venue
    .openOrders()
    .filter(each => each.rests !== null)
    .map(stopRow)

const SIGNED = { isSigned: true } as const

/** Paths of stop orders, which rest apart from all others. */
export const STOP_ROUTES: Readonly<Record<string, Route>> = {
  'POST /api/v5/trade/order-algo': { ...SIGNED, route: 'stop', act: place },
  'GET /api/v5/trade/order-algo': { ...SIGNED, route: 'order', act: lookUp },
  'POST /api/v5/trade/cancel-algos': { ...SIGNED, route: 'cancel', act: cancel },
  'POST /api/v5/trade/amend-algos': { ...SIGNED, route: 'amend', act: amend },
  'GET /api/v5/trade/orders-algo-pending': { ...SIGNED, route: 'open-orders', act: list },
}
