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
} from '../../../ports/broker.ts'
import type { Permissions, PositionMode } from '../account.ts'
import { above0, type VenueInstrument } from '../instrument.ts'
import { assertAbout, shaped } from '../reply.ts'
import * as rows from '../rows.ts'
import type { OrderFigures } from '../rows.ts'
import * as shapes from './shapes.ts'

type Order = z.output<typeof shapes.order>

const STATES: Readonly<Record<string, OrderFigures['state']>> = {
  NEW: 'working',
  PARTIALLY_FILLED: 'working',
  PENDING_CANCEL: 'working',
  FILLED: 'filled',
  CANCELED: 'ended',
  EXPIRED: 'ended',
  EXPIRED_IN_MATCH: 'ended',
  REJECTED: 'rejected',
}

const stateOf = ({ status, origQty, executedQty, avgPrice }: Order): OrderState =>
  rows.orderStateOf({
    state: STATES[status],
    quantity: origQty,
    executed: executedQty,
    average: avgPrice,
  })

/** Reads the answer to a new order; it must be about that order. */
export function placedOf(value: unknown, sent: ExitOrder): ExitAnswer {
  const what = 'the new order'
  const order = shaped(shapes.order, value, what)
  assertAbout(what, order, {
    symbol: sent.instrument,
    clientOrderId: sent.clientOrderId,
    side: sent.side === 'long' ? 'SELL' : 'BUY',
    origQty: sent.quantity,
  })
  const state = stateOf(order)
  switch (state.kind) {
    case 'working':
    case 'filled':
    case 'ended':
      return { kind: 'acknowledged', order: state }
    case 'rejected':
      return state
    case 'absent':
    case 'unknown':
      throw new OutcomeUnknown(`${what}: status ${order.status} with ${order.executedQty} executed`)
  }
}

/** Reads the answer to an order query or a cancel; it must be about that order. */
export function orderStateOf(
  value: unknown,
  asked: { readonly symbol: string } & (
    | { readonly clientOrderId: string }
    | { readonly orderId: number }
  ),
): OrderState {
  const order = shaped(shapes.order, value, 'the order')
  assertAbout('the order', order, asked)
  return stateOf(order)
}

type Row = z.output<typeof shapes.positionList>[number]

const isOfMode = ({ positionSide }: Row, mode: PositionMode): boolean =>
  (positionSide === 'BOTH') === (mode === 'one-way')

/** Reads one holding: the row of its name, which the venue sends also where the holding is 0. */
export function holdingOf(value: unknown, key: HoldingKey, mode: PositionMode): HoldingReport {
  const list = shaped(shapes.positionList, value, 'the holding')
  for (const row of list) {
    assertAbout('the holding', row, { symbol: key.instrument })
    assertMode(row, mode)
  }
  const wanted = mode === 'one-way' ? 'BOTH' : key.side === 'long' ? 'LONG' : 'SHORT'
  const own = list.filter(row => row.positionSide === wanted)
  const [row] = own
  if (row === undefined || own.length !== 1) return { kind: 'unknown' }
  assertSign(row)
  const { positionAmt: quantity } = row
  return quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 }
}

/** Reads all holdings; one row that contradicts itself spoils the list. */
export function holdingsOf(value: unknown, mode: PositionMode): Holding[] {
  const list = shaped(shapes.positionList, value, 'the holdings')
  rows.assertOnce(list.map(({ symbol, positionSide }) => `${symbol} ${positionSide}`))
  const held = list.filter(({ positionAmt }) => positionAmt !== 0)
  return held.map(row => {
    assertMode(row, mode)
    assertSign(row)
    const { symbol: instrument, positionAmt: quantity, entryPrice } = row
    return rows.holdingOfRow({ instrument, quantity, entryPrice }, mode)
  })
}

/**
 * A row of the other position mode proves that the account was switched: the whole answer proves
 * nothing.
 */
function assertMode(row: Row, mode: PositionMode): void {
  if (isOfMode(row, mode) || row.positionAmt === 0) return
  throw new OutcomeUnknown(
    `${row.symbol} is held as ${row.positionSide}: the account is not in ${mode} mode`,
  )
}

function assertSign({ symbol, positionSide, positionAmt }: Row): void {
  const isOdd =
    (positionSide === 'LONG' && positionAmt < 0) || (positionSide === 'SHORT' && positionAmt > 0)
  if (isOdd) throw new OutcomeUnknown(`${symbol}: ${positionSide} with the quantity ${positionAmt}`)
}

export const openOrdersOf = (value: unknown): OpenOrder[] =>
  shaped(shapes.orderList, value, 'the open orders').map(order =>
    rows.openOrderOf({
      clientOrderId: order.clientOrderId,
      instrument: order.symbol,
      isBuy: order.side === 'BUY',
      quantity: order.origQty,
      executed: order.executedQty,
    }),
  )

/**
 * Joins last trades with the best quotes of the requested instruments; `onOdd` counts broken rows.
 */
export function quotesOf(
  answers: { readonly last: unknown; readonly best: unknown },
  asked: readonly InstrumentId[],
  onOdd: () => void,
): Tick[] {
  const ofAsked = <Row>(shape: z.ZodType<Row>, value: unknown): ReadonlyMap<string, Row> => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    return new Map(
      rows.quoteRows(
        list,
        'symbol',
        { instruments: asked, onOdd },
        row => shape.safeParse(row).data,
      ),
    )
  }
  const last = ofAsked(shapes.lastPrice, answers.last)
  const best = ofAsked(shapes.bestQuote, answers.best)
  return asked.flatMap(instrument => {
    const trade = last.get(instrument)
    const quote = best.get(instrument)
    if (trade === undefined && quote === undefined) return []
    // The last trade is still the last one at the later of the two times.
    const ts = Math.max(trade?.time ?? 0, quote?.time ?? 0)
    const { bidPrice: bid, askPrice: ask } = quote ?? {}
    return [rows.tickOf({ instrument, ts, price: trade?.price, bid, ask })]
  })
}

export const modeOf = (value: unknown): PositionMode =>
  shaped(shapes.positionMode, value, 'the position mode').dualSidePosition ? 'hedge' : 'one-way'

/** Reads every instrument; a row that cannot be read is dropped. */
export function instrumentsOf(value: unknown): VenueInstrument[] {
  const { symbols } = shaped(shapes.exchangeInfo, value, 'the instruments')
  return symbols.flatMap(each => {
    const row = shapes.instrument.safeParse(each)
    return row.success ? [instrumentOf(row.data)] : []
  })
}

function instrumentOf({
  symbol,
  status,
  marginAsset,
  filters,
}: z.output<typeof shapes.instrument>): VenueInstrument {
  const filter = (type: string) => filters.find(({ filterType }) => filterType === type)
  const lot = filter('LOT_SIZE')
  const largest = [lot?.maxQty, filter('MARKET_LOT_SIZE')?.maxQty].filter(
    each => each !== undefined,
  )
  return {
    instrument: instrumentId(symbol),
    isTrading: status === 'TRADING',
    multiplier: 1,
    lot: above0(lot?.stepSize),
    tickSize: above0(filter('PRICE_FILTER')?.tickSize),
    minQuantity: above0(lot?.minQty),
    maxQuantity: largest.length === 0 ? undefined : above0(Math.min(...largest)),
    minNotional: above0(filter('MIN_NOTIONAL')?.notional),
    // Error -4164: the order's notional must be no smaller, "unless you choose reduce only".
    reduceOnlyExempt: true,
    currency: marginAsset,
  }
}

export function permissionsOf(value: unknown): Permissions {
  const rights = shaped(shapes.restrictions, value, 'the permissions')
  return {
    trade: rights.enableFutures,
    withdraw: rights.enableWithdrawals,
    isAddressBound: rights.ipRestrict,
    expiresAt: rights.tradingAuthorityExpirationTime,
  }
}
