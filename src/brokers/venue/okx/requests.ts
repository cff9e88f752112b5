import { createHmac } from 'node:crypto'
import type { InstrumentId } from '../../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../domain/order.ts'
import type { Ask } from '../../http/exchange.ts'
import type { PositionMode } from '../account.ts'
import { decimalText } from '../decimal-text.ts'
import { checkedAt, type Stamp, type VenueRequest } from '../line.ts'
import { queryOf, withQuery } from '../query.ts'

/** How requests to OKX are written. */
export interface Writing {
  /** The venue refuses an order that reaches it later, ms. */
  readonly recvWindowMs: number
  /** Whether the account is a demo account. */
  readonly isSimulated: boolean
}

/** Writes and signs requests to OKX. */
export const writer =
  ({ recvWindowMs, isSimulated }: Writing) =>
  (
    { method, path, params = {}, body, isOrder = false }: VenueRequest,
    stamp: Stamp | undefined,
  ): Ask => {
    const where = withQuery(path, queryOf(params))
    const simulated = isSimulated ? { 'x-simulated-trading': '1' } : {}
    if (stamp === undefined) return { method, path: where, headers: simulated }
    const { key, at } = stamp
    const time = new Date(at).toISOString()
    const text = body === undefined ? '' : JSON.stringify(body)
    const payload = `${time}${method}${where}${text}`
    const headers = {
      ...simulated,
      'ok-access-key': key.key,
      'ok-access-passphrase': key.passphrase ?? '',
      'ok-access-timestamp': time,
      'ok-access-sign': createHmac('sha256', key.secret).update(payload).digest('base64'),
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      ...(isOrder && { exptime: String(at + recvWindowMs) }),
    }
    return { method, path: where, headers, ...(body !== undefined && { text }) }
  }

/** Margin mode of the order's position. */
export type MarginMode = 'cross' | 'isolated'

const question = (path: string, params: Readonly<Record<string, string>> = {}): VenueRequest => ({
  method: 'GET',
  path,
  params,
  isSigned: true,
})

const open = (path: string, params: Readonly<Record<string, string>> = {}): VenueRequest => ({
  ...question(path, params),
  isSigned: false,
})

export const timeRequest = open('/api/v5/public/time')

/** What an order to close depends on beside the order. */
export interface Closing {
  readonly mode: PositionMode
  readonly margin: MarginMode
}

/** Fields of an order to close, in contracts; in long/short mode `posSide` replaces `reduceOnly`. */
export const closingFields = (
  { instrument, side, quantity, reduceOnly }: ExitOrder,
  { mode, margin }: Closing,
) => ({
  instId: instrument,
  tdMode: margin,
  side: side === 'long' ? 'sell' : 'buy',
  ...(mode === 'hedge' ? { posSide: side } : { reduceOnly }),
  sz: decimalText(quantity),
})

export function orderRequest(order: ExitOrder, closing: Closing): VenueRequest {
  const { limit, clientOrderId } = order
  return {
    method: 'POST',
    path: '/api/v5/trade/order',
    isSigned: true,
    isOrder: true,
    body: {
      ...closingFields(order, closing),
      ...(limit === undefined
        ? { ordType: 'market' }
        : { ordType: 'limit', px: decimalText(limit) }),
      clOrdId: clientOrderId,
    },
  }
}

const orderIds = (id: ClientOrderId, instrument: InstrumentId) => ({
  instId: instrument as string,
  clOrdId: id as string,
})

export const lookupRequest = (id: ClientOrderId, instrument: InstrumentId): VenueRequest =>
  question('/api/v5/trade/order', orderIds(id, instrument))

/** By the venue's own number of the order. */
export const lookupByNumber = (ordId: string, instrument: InstrumentId): VenueRequest =>
  question('/api/v5/trade/order', { instId: instrument, ordId })

const cancel = (body: Readonly<Record<string, string>>): VenueRequest => ({
  method: 'POST',
  path: '/api/v5/trade/cancel-order',
  isSigned: true,
  isOrder: true,
  body,
})

/** An order that the venue checks and does not place. */
export const checkRequest = (order: VenueRequest): VenueRequest =>
  checkedAt('/api/v5/trade/order-precheck', order)

export const cancelRequest = (id: ClientOrderId, instrument: InstrumentId): VenueRequest =>
  cancel(orderIds(id, instrument))

/** By the venue's own number of the order. */
export const cancelByNumber = (ordId: string, instrument: InstrumentId): VenueRequest =>
  cancel({ instId: instrument, ordId })

export const holdingRequest = (instrument: InstrumentId): VenueRequest =>
  question('/api/v5/account/positions', { instId: instrument })

export const holdingsRequest = question('/api/v5/account/positions')

/** Page size of the list of working orders. */
export const PAGE = 100

export const openOrdersRequest = (after?: string): VenueRequest =>
  question('/api/v5/trade/orders-pending', {
    limit: String(PAGE),
    ...(after !== undefined && { after }),
  })

export const PRODUCTS = ['SWAP', 'FUTURES'] as const

const isDated = (instrument: InstrumentId): boolean => /-\d{6}$/.test(instrument)

/** Prices of one instrument, or of all products that the instruments belong to. */
export function quotesRequests(instruments: readonly InstrumentId[]): readonly VenueRequest[] {
  const [only] = instruments
  if (instruments.length === 1 && only !== undefined)
    return [open('/api/v5/market/ticker', { instId: only })]
  const products = PRODUCTS.filter(product =>
    instruments.some(instrument => isDated(instrument) === (product === 'FUTURES')),
  )
  return products.map(instType => open('/api/v5/market/tickers', { instType }))
}

export const configRequest = question('/api/v5/account/config')

export const instrumentsRequest = (instType: string): VenueRequest =>
  open('/api/v5/public/instruments', { instType })
