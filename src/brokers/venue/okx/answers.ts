import type { z } from 'zod'
import { product } from '../../../domain/decimal.ts'
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
import * as table from '../rows.ts'
import type { OrderFigures } from '../rows.ts'
import { PRODUCTS } from './requests.ts'
import * as shapes from './shapes.ts'

/** The rows of an answer. */
export type Rows = readonly unknown[]

type Order = z.output<typeof shapes.order>
type Position = z.output<typeof shapes.position>

/** The only row of an answer. */
export function onlyOf<T>(shape: z.ZodType<T>, rows: Rows, what: string): T {
  if (rows.length !== 1) throw new OutcomeUnknown(`${what}: ${rows.length} rows in place of one`)
  return shaped(shape, rows[0], what)
}

const STATES: Readonly<Record<string, OrderFigures['state']>> = {
  live: 'working',
  partially_filled: 'working',
  filled: 'filled',
  canceled: 'ended',
  mmp_canceled: 'ended',
}

const stateOf = ({ state, sz, accFillSz, avgPx }: Order): OrderState =>
  table.orderStateOf({
    state: STATES[state],
    quantity: sz,
    executed: accFillSz,
    average: avgPx,
  })

/** Reads the answer to a new order: it only acknowledges, the state is queried afterwards. */
export function placedOf(rows: Rows, { clientOrderId }: ExitOrder): ExitAnswer {
  const answer = onlyOf(shapes.acknowledgement, rows, 'the new order')
  assertAbout('the new order', answer, { clOrdId: clientOrderId })
  return { kind: 'acknowledged' }
}

/** Reads the answer to an order query; it must be about that order. */
export function orderStateOf(
  rows: Rows,
  asked: { readonly instId: string } & ({ readonly clOrdId: string } | { readonly ordId: string }),
): OrderState {
  const order = onlyOf(shapes.order, rows, 'the order')
  assertAbout('the order', order, asked)
  return stateOf(order)
}

export const isOfProduct = ({ instType }: { readonly instType: string }): boolean =>
  (PRODUCTS as readonly string[]).includes(instType)

/**
 * Signed number of contracts, below 0 for a short; a side with a negative quantity proves nothing.
 */
function signedOf({ instId, posSide, pos }: Position): number {
  if (posSide === 'net') return pos
  if (pos < 0) throw new OutcomeUnknown(`${instId}: ${posSide} with the quantity ${pos}`)
  return posSide === 'short' && pos !== 0 ? -pos : pos
}

function assertMode({ instId, posSide, pos }: Position, mode: PositionMode): void {
  if ((posSide === 'net') === (mode === 'one-way') || pos === 0) return
  throw new OutcomeUnknown(`${instId} is held as ${posSide}: the account is not in ${mode} mode`)
}

/** Only positions of swaps and futures; the account also lists those of other products. */
export const positionsOf = (rows: Rows): Position[] =>
  rows.map(each => shaped(shapes.position, each, 'the holdings')).filter(isOfProduct)

/**
 * Reads one holding. The venue sends a row of 0 for 30 days after a holding was closed; no row
 * proves nothing. A holding with both margin modes has two rows, one of them possibly 0.
 */
export function holdingOf(rows: Rows, key: HoldingKey, mode: PositionMode): HoldingReport {
  const positions = rows.map(each => shaped(shapes.position, each, 'the holding'))
  for (const row of positions) {
    assertAbout('the holding', row, { instId: key.instrument })
    assertMode(row, mode)
  }
  const wanted = mode === 'one-way' ? 'net' : key.side
  const own = positions.filter(row => row.posSide === wanted && isOfProduct(row))
  const margins = new Set(own.map(({ mgnMode }) => mgnMode))
  if (own.length === 0 || margins.size !== own.length) return { kind: 'unknown' }
  const held = own.map(signedOf).filter(quantity => quantity !== 0)
  const [quantity] = held
  if (quantity === undefined) return { kind: 'flat', ageMs: 0 }
  return held.length === 1 ? { kind: 'held', quantity, ageMs: 0 } : { kind: 'unknown' }
}

/** Reads all holdings; one row that contradicts itself spoils the list. */
export function holdingsOf(rows: Rows, mode: PositionMode): Holding[] {
  const held = positionsOf(rows).filter(({ pos }) => pos !== 0)
  for (const row of held) assertMode(row, mode)
  table.assertOnce(held.map(({ instId, posSide }) => `${instId} ${posSide}`))
  return held.map(row =>
    table.holdingOfRow(
      { instrument: row.instId, quantity: signedOf(row), entryPrice: row.avgPx },
      mode,
    ),
  )
}

export const orderRow = (value: unknown): Order => shaped(shapes.order, value, 'the open orders')

export function openOrdersOf(orders: readonly Order[]): OpenOrder[] {
  return orders.filter(isOfProduct).map(order => {
    if (stateOf(order).kind !== 'working')
      throw new OutcomeUnknown(`the open order ${order.ordId} contradicts itself`)
    return table.openOrderOf({
      clientOrderId: order.clOrdId,
      instrument: order.instId,
      isBuy: order.side === 'buy',
      quantity: order.sz,
      executed: order.accFillSz,
    })
  })
}

/** Reads the requested prices; `onOdd` counts broken rows. */
export function quotesOf(rows: Rows, asked: readonly InstrumentId[], onOdd: () => void): Tick[] {
  const found = table.quoteRows(rows, 'instId', { instruments: asked, onOdd }, each => {
    return shapes.ticker.safeParse(each).data
  })
  return found.map(([instrument, { last, bidPx, askPx, ts }]) =>
    table.tickOf({ instrument, ts, price: last, bid: bidPx, ask: askPx }),
  )
}

const accountOf = (rows: Rows): z.output<typeof shapes.account> =>
  onlyOf(shapes.account, rows, 'the account')

export const modeOf = (rows: Rows): PositionMode =>
  accountOf(rows).posMode === 'net_mode' ? 'one-way' : 'hedge'

export function permissionsOf(rows: Rows): Permissions {
  const { perm, ip, uid, mainUid } = accountOf(rows)
  const rights = perm.split(',')
  return {
    trade: rights.includes('trade'),
    withdraw: rights.includes('withdraw'),
    isAddressBound: ip !== '',
    ...(uid !== undefined && mainUid !== undefined && { isSubAccount: uid !== mainUid }),
    expiresAt: undefined,
  }
}

export const timeOf = (rows: Rows): number => onlyOf(shapes.time, rows, 'the time').ts

/** Contracts that are margined in their quote currency; coin-margined contracts are dropped. */
export function instrumentsOf(rows: Rows): VenueInstrument[] {
  return rows.flatMap(each => {
    const row = shapes.instrument.safeParse(each)
    if (!row.success || row.data.ctType !== 'linear') return []
    const { instId, ctVal, ctMult, lotSz, minSz, tickSz, maxMktSz, settleCcy, state } = row.data
    return [
      {
        instrument: instrumentId(instId),
        isTrading: state === 'live',
        // The unit of a quantity is one contract.
        multiplier: product(ctVal, ctMult),
        lot: above0(lotSz),
        tickSize: above0(tickSz),
        minQuantity: above0(minSz),
        maxQuantity: above0(maxMktSz),
        minNotional: undefined,
        reduceOnlyExempt: true,
        currency: settleCcy,
      },
    ]
  })
}
