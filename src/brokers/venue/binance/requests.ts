import { createHmac } from 'node:crypto'
import type { HoldingKey } from '../../../domain/holding.ts'
import type { InstrumentId } from '../../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../domain/order.ts'
import type { Ask } from '../../http/exchange.ts'
import type { PositionMode } from '../account.ts'
import { decimalText } from '../decimal-text.ts'
import { checkedAt, type Stamp, type VenueRequest } from '../line.ts'
import { queryOf, withQuery } from '../query.ts'

/**
 * Writes and signs requests to Binance; `recvWindowMs` bounds how late the venue may execute one.
 */
export const writer =
  (recvWindowMs: number) =>
  ({ method, path, params = {}, isSigned }: VenueRequest, stamp: Stamp | undefined): Ask => {
    if (stamp === undefined) return { method, path: withQuery(path, queryOf(params)), headers: {} }
    const { key, at } = stamp
    if (!isSigned) return { method, path, headers: { 'x-mbx-apikey': key.key } }
    const stamped = { ...params, recvWindow: String(recvWindowMs), timestamp: String(at) }
    const query = queryOf(stamped)
    const signed = `${query}&signature=${signature(query, key.secret)}`
    const headers = { 'x-mbx-apikey': key.key }
    if (method !== 'POST') return { method, path: withQuery(path, signed), headers }
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    return { method, path, headers: { ...headers, ...type }, text: signed }
  }

export const signature = (payload: string, secret: string): string =>
  createHmac('sha256', secret).update(payload).digest('hex')

export const timeRequest: VenueRequest = {
  method: 'GET',
  path: '/fapi/v1/time',
  isSigned: false,
}

/** Instrument, side and quantity of an order that closes; in hedge mode `positionSide` replaces `reduceOnly`. */
export const closingFields = (
  { instrument, side, quantity, reduceOnly }: ExitOrder,
  mode: PositionMode,
) => ({
  symbol: instrument,
  side: side === 'long' ? 'SELL' : 'BUY',
  ...(mode === 'hedge' && { positionSide: side === 'long' ? 'LONG' : 'SHORT' }),
  ...(mode === 'one-way' && reduceOnly && { reduceOnly: 'true' }),
  quantity: decimalText(quantity),
})

export function orderRequest(order: ExitOrder, mode: PositionMode): VenueRequest {
  const { limit, clientOrderId } = order
  return {
    method: 'POST',
    path: '/fapi/v1/order',
    isSigned: true,
    isOrder: true,
    params: {
      ...closingFields(order, mode),
      ...(limit === undefined
        ? { type: 'MARKET' }
        : { type: 'LIMIT', timeInForce: 'GTC', price: decimalText(limit) }),
      newClientOrderId: clientOrderId,
      newOrderRespType: 'RESULT',
    },
  }
}

const LOOKUP = { method: 'GET', path: '/fapi/v1/order', isSigned: true } as const
const CANCEL = {
  method: 'DELETE',
  path: '/fapi/v1/order',
  isSigned: true,
  isOrder: true,
} as const

export const lookupRequest = (id: ClientOrderId, instrument: InstrumentId): VenueRequest => ({
  ...LOOKUP,
  params: { symbol: instrument, origClientOrderId: id },
})

/** By the venue's own number of the order. */
export const lookupByNumber = (number: string, instrument: InstrumentId): VenueRequest => ({
  ...LOOKUP,
  params: { symbol: instrument, orderId: number },
})

/** An order that the venue checks and does not place. */
export const checkRequest = (order: VenueRequest): VenueRequest =>
  checkedAt('/fapi/v1/order/test', order)

export const cancelRequest = (id: ClientOrderId, instrument: InstrumentId): VenueRequest => ({
  ...CANCEL,
  params: { symbol: instrument, origClientOrderId: id },
})

/** By the venue's own number of the order. */
export const cancelByNumber = (number: string, instrument: InstrumentId): VenueRequest => ({
  ...CANCEL,
  params: { symbol: instrument, orderId: number },
})

/**
 * Version 2 of the endpoint answers with a row for each instrument, also where the holding is 0.
 */
export const holdingRequest = ({ instrument }: HoldingKey): VenueRequest => ({
  method: 'GET',
  path: '/fapi/v2/positionRisk',
  isSigned: true,
  params: { symbol: instrument },
})

/** Version 3 of the endpoint lists only instruments with a position or an order. */
export const holdingsRequest: VenueRequest = {
  method: 'GET',
  path: '/fapi/v3/positionRisk',
  isSigned: true,
}

export const openOrdersRequest: VenueRequest = {
  method: 'GET',
  path: '/fapi/v1/openOrders',
  isSigned: true,
}

/** Last trades and best quotes; of all instruments where more than one is requested. */
export function quoteRequests(
  instruments: readonly InstrumentId[],
): readonly [VenueRequest, VenueRequest] {
  const [only] = instruments
  const params = instruments.length === 1 && only !== undefined ? { symbol: only as string } : {}
  const ask = (path: string): VenueRequest => ({ method: 'GET', path, isSigned: false, params })
  return [ask('/fapi/v2/ticker/price'), ask('/fapi/v1/ticker/bookTicker')]
}

export const modeRequest: VenueRequest = {
  method: 'GET',
  path: '/fapi/v1/positionSide/dual',
  isSigned: true,
}

export const instrumentsRequest: VenueRequest = {
  method: 'GET',
  path: '/fapi/v1/exchangeInfo',
  isSigned: false,
}

/** At the host of spot trading, which manages the keys; test networks have none. */
export const permissionsRequest: VenueRequest = {
  method: 'GET',
  path: '/sapi/v1/account/apiRestrictions',
  isSigned: true,
}

/** Makes a listen key, or renews it. */
export const listenKeyRequest = (method: 'POST' | 'PUT'): VenueRequest => ({
  method,
  path: '/fapi/v1/listenKey',
  isSigned: false,
  isKeyed: true,
})
