import type { z } from 'zod'
import { instrumentId, type InstrumentId } from '../../../domain/ids.ts'
import type { ExitOrder } from '../../../domain/order.ts'
import type { Tick } from '../../../domain/tick.ts'
import { restOf } from '../../../domain/units.ts'
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
import * as shapes from './shapes.ts'

type Order = z.output<typeof shapes.order>

/** State of an order; a state that is unknown, or contradicts itself, proves nothing. */
function stateOf({ status, origQty, executedQty, avgPrice }: Order): OrderState {
  const isOdd = origQty <= 0 || executedQty < 0 || executedQty > origQty
  if (isOdd) return { kind: 'unknown' }
  const price = avgPrice === undefined || avgPrice === 0 || executedQty === 0 ? null : avgPrice
  const executed = { quantity: executedQty, price }
  switch (status) {
    case 'NEW':
    case 'PARTIALLY_FILLED':
    case 'PENDING_CANCEL':
      return executedQty < origQty ? { kind: 'working', executed } : { kind: 'unknown' }
    case 'FILLED':
      return executedQty === origQty ? { kind: 'filled', executed } : { kind: 'unknown' }
    case 'CANCELED':
    case 'EXPIRED':
    case 'EXPIRED_IN_MATCH':
      return { kind: 'ended', executed }
    case 'REJECTED':
      return executedQty === 0 ? { kind: 'rejected', code: 'refused' } : { kind: 'unknown' }
    default:
      return { kind: 'unknown' }
  }
}

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
  asked: { readonly clientOrderId: string; readonly symbol: string },
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
  const rows = shaped(shapes.positionList, value, 'the holding')
  for (const row of rows) {
    assertAbout('the holding', row, { symbol: key.instrument })
    assertMode(row, mode)
  }
  const wanted = mode === 'one-way' ? 'BOTH' : key.side === 'long' ? 'LONG' : 'SHORT'
  const own = rows.filter(row => row.positionSide === wanted)
  const [row] = own
  if (row === undefined || own.length !== 1) return { kind: 'unknown' }
  assertSign(row)
  const { positionAmt: quantity } = row
  return quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 }
}

/** Reads all holdings; one row that contradicts itself spoils the list. */
export function holdingsOf(value: unknown, mode: PositionMode): Holding[] {
  const seen = new Set<string>()
  const rows = shaped(shapes.positionList, value, 'the holdings')
  return rows.flatMap(row => {
    const name = `${row.symbol} ${row.positionSide}`
    if (seen.has(name)) throw new OutcomeUnknown(`the holdings: ${name} is listed twice`)
    seen.add(name)
    if (row.positionAmt === 0) return []
    assertMode(row, mode)
    assertSign(row)
    const entry =
      row.entryPrice === undefined || row.entryPrice === 0 ? {} : { entryPrice: row.entryPrice }
    return [
      {
        instrument: instrumentId(row.symbol),
        ...(mode === 'hedge' &&
          ({ side: row.positionSide === 'LONG' ? 'long' : 'short' } as const)),
        quantity: row.positionAmt,
        ...entry,
        ageMs: 0,
      },
    ]
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

export function openOrdersOf(value: unknown): OpenOrder[] {
  return shaped(shapes.orderList, value, 'the open orders').map(order => {
    const rest = restOf(order.origQty, order.executedQty)
    return {
      clientOrderId: order.clientOrderId === '' ? null : order.clientOrderId,
      instrument: instrumentId(order.symbol),
      remaining: order.side === 'BUY' ? rest : -rest,
    }
  })
}

/**
 * Joins last trades with the best quotes of the requested instruments; `onOdd` counts broken rows.
 */
export function quotesOf(
  answers: { readonly last: unknown; readonly best: unknown },
  asked: readonly InstrumentId[],
  onOdd: () => void,
): Tick[] {
  const wanted = new Set<string>(asked)
  const rowsOf = <Row extends { symbol: string }>(
    shape: z.ZodType<Row>,
    value: unknown,
  ): Map<string, Row> => {
    const rows = new Map<string, Row>()
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const { symbol } = Object(each) as { symbol?: unknown }
      if (typeof symbol !== 'string' || !wanted.has(symbol)) continue
      const row = shape.safeParse(each)
      if (row.success) rows.set(symbol, row.data)
      else onOdd()
    }
    return rows
  }
  const last = rowsOf(shapes.lastPrice, answers.last)
  const best = rowsOf(shapes.bestQuote, answers.best)
  return asked.flatMap(instrument => {
    const trade = last.get(instrument)
    const quote = best.get(instrument)
    if (trade === undefined && quote === undefined) return []
    return [
      {
        instrument,
        // The last trade is still the last one at the later of the two times.
        ts: Math.max(trade?.time ?? 0, quote?.time ?? 0),
        price: trade?.price ?? NaN,
        ...(quote !== undefined && { bid: quote.bidPrice, ask: quote.askPrice }),
      },
    ]
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
