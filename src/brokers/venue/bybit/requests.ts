import { createHmac } from 'node:crypto'
import type { InstrumentId } from '../../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../domain/order.ts'
import type { Side } from '../../../domain/position.ts'
import type { StopOrder } from '../../../domain/resting-stop.ts'
import type { Ask } from '../../http/exchange.ts'
import type { PositionMode } from '../account.ts'
import { decimalText } from '../decimal-text.ts'
import { checkedAt, type Stamp, type VenueRequest } from '../line.ts'
import { queryOf, withQuery } from '../query.ts'

/** Writes and signs requests to Bybit; `recvWindowMs` bounds how late the venue may execute one. */
export const writer =
  (recvWindowMs: number) =>
  ({ method, path, params = {}, body }: VenueRequest, stamp: Stamp | undefined): Ask => {
    const query = queryOf(params)
    const where = withQuery(path, query)
    if (stamp === undefined) return { method, path: where, headers: {} }
    const { key, at } = stamp
    const window = String(recvWindowMs)
    const text = body === undefined ? undefined : JSON.stringify(body)
    const payload = `${at}${key.key}${window}${text ?? query}`
    const headers = {
      'content-type': 'application/json',
      'x-bapi-api-key': key.key,
      'x-bapi-timestamp': String(at),
      'x-bapi-recv-window': window,
      'x-bapi-sign': createHmac('sha256', key.secret).update(payload).digest('hex'),
    }
    return { method, path: where, headers, ...(text !== undefined && { text }) }
  }

const category = 'linear'

const question = (path: string, params: Readonly<Record<string, string>> = {}): VenueRequest => ({
  method: 'GET',
  path,
  params,
  isSigned: true,
})

export const timeRequest: VenueRequest = {
  method: 'GET',
  path: '/v5/market/time',
  isSigned: false,
}

/** Index of a position: 0 where longs and shorts are netted, else 1 for a long and 2 for a short. */
export const indexOf = (side: Side, mode: PositionMode): number =>
  mode === 'one-way' ? 0 : side === 'long' ? 1 : 2

export function orderRequest(order: ExitOrder, mode: PositionMode): VenueRequest {
  const { instrument, side, quantity, limit, reduceOnly, clientOrderId } = order
  return {
    method: 'POST',
    path: '/v5/order/create',
    isSigned: true,
    isOrder: true,
    body: {
      category,
      symbol: instrument,
      side: side === 'long' ? 'Sell' : 'Buy',
      qty: decimalText(quantity),
      ...(limit === undefined
        ? { orderType: 'Market' }
        : { orderType: 'Limit', timeInForce: 'GTC', price: decimalText(limit) }),
      orderLinkId: clientOrderId,
      reduceOnly,
      positionIdx: indexOf(side, mode),
    },
  }
}

/** A conditional order: it keeps its id when its trigger is met. */
export function stopRequest(order: StopOrder, mode: PositionMode): VenueRequest {
  const request = orderRequest(order, mode)
  const { price, by } = order.trigger
  const trigger = {
    triggerPrice: decimalText(price),
    // 1: met by a rise, 2: by a fall.
    triggerDirection: order.side === 'long' ? 2 : 1,
    triggerBy: by === 'mark' ? 'MarkPrice' : 'LastPrice',
  }
  return { ...request, body: { ...request.body, ...trigger } }
}

export const amendRequest = ({ clientOrderId, instrument, trigger }: StopOrder): VenueRequest => ({
  method: 'POST',
  path: '/v5/order/amend',
  isSigned: true,
  isOrder: true,
  body: { ...orderIds(clientOrderId, instrument), triggerPrice: decimalText(trigger.price) },
})

const orderIds = (id: ClientOrderId, instrument: InstrumentId) => ({
  category,
  symbol: instrument as string,
  orderLinkId: id as string,
})

/** The lists that may contain an order: working orders, recently ended orders, the history. */
export const lookupRequests = (
  id: ClientOrderId,
  instrument: InstrumentId,
): readonly VenueRequest[] => [
  question('/v5/order/realtime', orderIds(id, instrument)),
  question('/v5/order/realtime', { ...orderIds(id, instrument), openOnly: '1' }),
  question('/v5/order/history', orderIds(id, instrument)),
]

/** An order that the venue checks and does not place. */
export const checkRequest = (order: VenueRequest): VenueRequest =>
  checkedAt('/v5/order/pre-check', order)

export const cancelRequest = (id: ClientOrderId, instrument: InstrumentId): VenueRequest => ({
  method: 'POST',
  path: '/v5/order/cancel',
  isSigned: true,
  isOrder: true,
  body: orderIds(id, instrument),
})

export const holdingRequest = (instrument: InstrumentId): VenueRequest =>
  question('/v5/position/list', { category, symbol: instrument })

/** Settlement currencies of linear contracts; a list covers one of them. */
export const SETTLED_IN = ['USDT', 'USDC'] as const

const paged = (settleCoin: string, limit: number, cursor: string | undefined) => ({
  category,
  settleCoin,
  limit: String(limit),
  ...(cursor !== undefined && { cursor }),
})

export const holdingsRequest = (settleCoin: string, cursor?: string): VenueRequest =>
  question('/v5/position/list', paged(settleCoin, 200, cursor))

export const openOrdersRequest = (settleCoin: string, cursor?: string): VenueRequest =>
  question('/v5/order/realtime', paged(settleCoin, 50, cursor))

/** Prices of one instrument, or of all. */
export function quotesRequest(instruments: readonly InstrumentId[]): VenueRequest {
  const [only] = instruments
  const one = instruments.length === 1 && only !== undefined ? { symbol: only as string } : {}
  const params = { category, ...one }
  return { method: 'GET', path: '/v5/market/tickers', isSigned: false, params }
}

export const instrumentsRequest = (cursor?: string): VenueRequest => ({
  method: 'GET',
  path: '/v5/market/instruments-info',
  isSigned: false,
  params: { category, limit: '1000', ...(cursor !== undefined && { cursor }) },
})

export const permissionsRequest = question('/v5/user/query-api')
