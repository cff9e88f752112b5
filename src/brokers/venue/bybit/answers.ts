import type { z } from 'zod'
import { instrumentId, type InstrumentId } from '../../../domain/ids.ts'
import type { ExitOrder } from '../../../domain/order.ts'
import type { Tick } from '../../../domain/tick.ts'
import { OutcomeUnknown } from '../../../errors.ts'
import type {
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OpenOrder,
  OrderState,
  RejectionCode,
} from '../../../ports/broker.ts'
import type { Permissions, PositionMode } from '../account.ts'
import type { StopSeen } from '../adapter.ts'
import { above0, type VenueInstrument } from '../instrument.ts'
import type { Page } from '../pages.ts'
import { assertAbout, shaped } from '../reply.ts'
import * as rows from '../rows.ts'
import type { OrderFigures } from '../rows.ts'
import { indexOf } from './requests.ts'
import * as shapes from './shapes.ts'

/** An answer, and its time at the venue, epoch ms. */
export interface Reply {
  readonly result: unknown
  readonly time: number
}

type Order = z.output<typeof shapes.order>
type Position = z.output<typeof shapes.position>

const STATES: Readonly<Record<string, OrderFigures['state']>> = {
  Created: 'working',
  New: 'working',
  PartiallyFilled: 'working',
  Untriggered: 'working',
  Triggered: 'working',
  Filled: 'filled',
  Cancelled: 'ended',
  PartiallyFilledCanceled: 'ended',
  Deactivated: 'ended',
  // Accepted, and refused by the matching engine after that.
  Rejected: 'rejected',
}

/** Reasons for a late rejection that the port has a code for; every other one is `refused`. */
const REASONS: Readonly<Record<string, RejectionCode>> = {
  EC_ReachRiskPriceLimit: 'price-band',
  EC_InvalidSymbolStatus: 'market-closed',
}

function stateOf({ orderStatus, qty, cumExecQty, avgPrice, rejectReason = '' }: Order): OrderState {
  return rows.orderStateOf({
    state: STATES[orderStatus],
    quantity: qty,
    executed: cumExecQty,
    average: avgPrice,
    code: REASONS[rejectReason],
    text: rejectReason === NO_ERROR ? undefined : rejectReason,
  })
}

/** The reason of orders that were not refused. */
const NO_ERROR = 'EC_NoError'

/** Reads the answer to a new order: it only acknowledges, the state is queried afterwards. */
export function placedOf({ result }: Reply, { clientOrderId }: ExitOrder): ExitAnswer {
  const answer = shaped(shapes.acknowledgement, result, 'the new order')
  assertAbout('the new order', answer, { orderLinkId: clientOrderId })
  return { kind: 'acknowledged' }
}

/**
 * Reads the order from a list; undefined where the list lacks it. Another order in it proves
 * nothing.
 */
export function foundIn(
  { result }: Reply,
  asked: { readonly orderLinkId: string; readonly symbol: string },
): StopSeen | undefined {
  const { list } = shaped(shapes.page(shapes.order), result, 'the order')
  for (const row of list) assertAbout('the order', row, asked)
  if (list.length > 1)
    throw new OutcomeUnknown(`${asked.orderLinkId} stands for ${list.length} orders`)
  return list[0] && { state: stateOf(list[0]), trigger: list[0].triggerPrice }
}

/** Reads one holding: the row of its name, which the venue sends also where the holding is 0. */
export function holdingOf({ result }: Reply, key: HoldingKey, mode: PositionMode): HoldingReport {
  const { list } = shaped(shapes.page(shapes.position), result, 'the holding')
  for (const row of list) {
    assertAbout('the holding', row, { symbol: key.instrument })
    assertMode(row, mode)
  }
  const index = indexOf(key.side ?? 'long', mode)
  const own = list.filter(row => row.positionIdx === index)
  const [row] = own
  if (row === undefined || own.length !== 1) return { kind: 'unknown' }
  const quantity = signedOf(row)
  return quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 }
}

/**
 * Signed quantity, below 0 for a short; a side that contradicts its index or size proves nothing.
 */
function signedOf({ symbol, side, size, positionIdx }: Position): number {
  const isOdd =
    size < 0 ||
    (size > 0 && side !== 'Buy' && side !== 'Sell') ||
    (size > 0 && positionIdx === 1 && side !== 'Buy') ||
    (size > 0 && positionIdx === 2 && side !== 'Sell')
  if (isOdd) throw new OutcomeUnknown(`${symbol}: ${size} as ${side} ${positionIdx}`)
  return side === 'Sell' ? -size : size
}

function assertMode({ symbol, positionIdx, size }: Position, mode: PositionMode): void {
  if ((positionIdx === 0) === (mode === 'one-way') || size === 0) return
  throw new OutcomeUnknown(
    `${symbol} is held with index ${positionIdx}: the account is not in ${mode} mode`,
  )
}

/** The venue sends a cursor URL-encoded, and this adapter encodes it again: decode it here. */
function nextOf(cursor: string | undefined, rows: number): string | undefined {
  if (cursor === undefined || cursor === '' || rows === 0) return undefined
  try {
    return decodeURIComponent(cursor)
  } catch (cause) {
    throw new OutcomeUnknown('the mark of the next page cannot be read', { cause })
  }
}

/** One page of a list of `row`. */
export function pageOf<Row extends z.ZodType>(row: Row, { result }: Reply): Page<z.output<Row>> {
  const { list, nextPageCursor } = shaped(shapes.page(row), result, 'the page')
  return { rows: list, next: nextOf(nextPageCursor, list.length) }
}

export const positionName = ({ symbol, positionIdx }: Position): string =>
  `${symbol} ${positionIdx}`

export function holdingsOf(list: readonly Position[], mode: PositionMode): Holding[] {
  return list.flatMap(row => {
    const quantity = signedOf(row)
    if (quantity === 0) return []
    assertMode(row, mode)
    const { symbol: instrument, avgPrice: entryPrice } = row
    return [rows.holdingOfRow({ instrument, quantity, entryPrice }, mode)]
  })
}

/** The rows of working orders; the list also contains orders that have just ended. */
export function openOrdersOf(list: readonly Order[]): OpenOrder[] {
  return list.flatMap(order => {
    const { kind } = stateOf(order)
    if (kind === 'ended' || kind === 'filled' || kind === 'rejected') return []
    if (kind !== 'working')
      throw new OutcomeUnknown(`the order ${order.orderId} contradicts itself`)
    return [
      rows.openOrderOf({
        clientOrderId: order.orderLinkId,
        instrument: order.symbol,
        isBuy: order.side === 'Buy',
        quantity: order.qty,
        executed: order.cumExecQty,
      }),
    ]
  })
}

/** Reads the requested prices, all at the time of the answer; `onOdd` counts broken rows. */
export function quotesOf(
  { result, time }: Reply,
  asked: readonly InstrumentId[],
  onOdd: () => void,
): Tick[] {
  const { list } = shaped(shapes.page(shapes.anything), result, 'the prices')
  const found = rows.quoteRows(list, 'symbol', { instruments: asked, onOdd }, each => {
    return shapes.ticker.safeParse(each).data
  })
  return found.map(([instrument, { lastPrice, bid1Price, ask1Price }]) =>
    rows.tickOf({ instrument, ts: time, price: lastPrice, bid: bid1Price, ask: ask1Price }),
  )
}

export function modeOf({ result }: Reply): PositionMode {
  const { list } = shaped(shapes.page(shapes.position), result, 'the position mode')
  const [row] = list
  if (row === undefined) throw new OutcomeUnknown('no position shows the mode of the account')
  return row.positionIdx === 0 ? 'one-way' : 'hedge'
}

/** Reads a row of the list of instruments; undefined where it cannot be read. */
export function instrumentOf(value: unknown): VenueInstrument | undefined {
  const row = shapes.instrument.safeParse(value)
  if (!row.success) return undefined
  const { symbol, status, settleCoin, priceFilter, lotSizeFilter } = row.data
  return {
    instrument: instrumentId(symbol),
    isTrading: status === 'Trading',
    multiplier: 1,
    lot: above0(lotSizeFilter.qtyStep),
    tickSize: above0(priceFilter.tickSize),
    minQuantity: above0(lotSizeFilter.minOrderQty),
    maxQuantity: above0(lotSizeFilter.maxMktOrderQty ?? lotSizeFilter.maxOrderQty),
    minNotional: above0(lotSizeFilter.minNotionalValue),
    // Its documentation does not say whether the value binds reduce-only orders.
    reduceOnlyExempt: true,
    currency: settleCoin,
  }
}

/** A date in 1970 stands for "never". */
const NEVER_MS = 86_400_000

export function permissionsOf({ result }: Reply): Permissions {
  const key = shaped(shapes.apiKey, result, 'the permissions')
  const { ContractTrade: contracts = [], Wallet: wallet = [] } = key.permissions
  const expiresAt = Date.parse(key.expiredAt ?? '')
  return {
    trade: key.readOnly === 0 && contracts.includes('Order'),
    withdraw: wallet.includes('Withdraw'),
    isAddressBound: key.ips.length > 0 && !key.ips.includes('*'),
    ...(key.isMaster !== undefined && { isSubAccount: !key.isMaster }),
    expiresAt: expiresAt > NEVER_MS ? expiresAt : undefined,
  }
}
