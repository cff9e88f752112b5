import { instrumentId, type InstrumentId } from '../../domain/ids.ts'
import type { RejectionCode } from '../../domain/order.ts'
import type { Tick } from '../../domain/tick.ts'
import { restOf } from '../../domain/units.ts'
import { OutcomeUnknown } from '../../errors.ts'
import type { Holding, OpenOrder, OrderState } from '../../ports/broker.ts'
import type { PositionMode } from './account.ts'
import { above0 } from './instrument.ts'

/** Figures of an order, and the word of the port for the venue's state; undefined for an unknown one. */
export interface OrderFigures {
  readonly state: 'working' | 'filled' | 'ended' | 'rejected' | undefined
  readonly quantity: number
  readonly executed: number
  /** Average price; 0 or undefined where the venue does not state it. */
  readonly average: number | undefined
  /** With `rejected`; default: `refused`. */
  readonly code?: RejectionCode | undefined
  /** Why it ended, in the words of the venue. */
  readonly text?: string | undefined
}

const UNKNOWN: OrderState = { kind: 'unknown' }

/** State of an order; a state that is unknown, or contradicts its figures, proves nothing. */
export function orderStateOf(order: OrderFigures): OrderState {
  const { state, quantity, executed: done, average, code = 'refused', text } = order
  if (quantity <= 0 || done < 0 || done > quantity) return UNKNOWN
  const price = average === undefined || average === 0 || done === 0 ? null : average
  const executed = { quantity: done, price }
  const said = text === undefined || text === '' ? {} : { text }
  switch (state) {
    case 'working':
      return done < quantity ? { kind: 'working', executed } : UNKNOWN
    case 'filled':
      return done === quantity ? { kind: 'filled', executed } : UNKNOWN
    case 'ended':
      return { kind: 'ended', executed, ...said }
    case 'rejected':
      return done === 0 ? { kind: 'rejected', code, ...said } : { kind: 'ended', executed, ...said }
    case undefined:
      return UNKNOWN
  }
}

/** A row of the list of working orders. */
export interface OpenOrderRow {
  /** Empty where the order has none. */
  readonly clientOrderId: string
  readonly instrument: string
  readonly isBuy: boolean
  readonly quantity: number
  readonly executed: number
}

export function openOrderOf(row: OpenOrderRow): OpenOrder {
  const rest = restOf(row.quantity, row.executed)
  return {
    clientOrderId: row.clientOrderId === '' ? null : row.clientOrderId,
    instrument: instrumentId(row.instrument),
    remaining: row.isBuy ? rest : -rest,
  }
}

/** A row of the list of holdings; its quantity is signed. */
export interface HoldingRow {
  readonly instrument: string
  readonly quantity: number
  readonly entryPrice: number | undefined
}

export function holdingOfRow(row: HoldingRow, mode: PositionMode): Holding {
  const { quantity } = row
  const entryPrice = above0(row.entryPrice)
  return {
    instrument: instrumentId(row.instrument),
    ...(mode === 'hedge' && ({ side: quantity > 0 ? 'long' : 'short' } as const)),
    quantity,
    ...(entryPrice !== undefined && { entryPrice }),
    ageMs: 0,
  }
}

/** @throws OutcomeUnknown where a holding is in a list twice. */
export function assertOnce(names: Iterable<string>): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw new OutcomeUnknown(`the holdings: ${name} is listed twice`)
    seen.add(name)
  }
}

/** Prices of one instrument; a price of 0 or below is none. */
export interface QuoteRow {
  readonly instrument: InstrumentId
  /** Epoch ms. */
  readonly ts: number
  readonly price: number | undefined
  readonly bid: number | undefined
  readonly ask: number | undefined
}

export const tickOf = ({ instrument, ts, price, bid, ask }: QuoteRow): Tick => ({
  instrument,
  ts,
  price: above0(price) ?? NaN,
  ...(bid !== undefined && { bid }),
  ...(ask !== undefined && { ask }),
})

/** The rows of requested instruments, as `read` gives them; `onOdd` counts those that it cannot read. */
export function quoteRows<Row>(
  rows: Iterable<unknown>,
  field: string,
  asked: { readonly instruments: readonly InstrumentId[]; onOdd(): void },
  read: (row: unknown) => Row | undefined,
): (readonly [InstrumentId, Row])[] {
  const wanted = new Set<string>(asked.instruments)
  const found: (readonly [InstrumentId, Row])[] = []
  for (const each of rows) {
    const name = (Object(each) as Record<string, unknown>)[field]
    if (typeof name !== 'string' || !wanted.has(name)) continue
    const row = read(each)
    if (row === undefined) asked.onOdd()
    else found.push([instrumentId(name), row])
  }
  return found
}
