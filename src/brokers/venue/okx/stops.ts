import { z } from 'zod'
import type { StopOrder } from '../../../domain/resting-stop.ts'
import type { ExitAnswer, OpenOrder, OrderState } from '../../../ports/broker.ts'
import type { Asked } from '../adapter.ts'
import { decimal, decimalOrNone, decimalText } from '../decimal-text.ts'
import type { VenueRequest } from '../line.ts'
import type { Page } from '../pages.ts'
import { assertAbout, shaped } from '../reply.ts'
import * as table from '../rows.ts'
import type { OrderFigures } from '../rows.ts'
import { onlyOf, type Rows } from './answers.ts'
import { closingFields, type Closing } from './requests.ts'

/** Page size of the list of resting stops. */
const PAGE = 100

const acknowledgement = z.object({ algoId: z.string().min(1), sCode: z.literal('0') })
const newStop = acknowledgement.extend({ algoClOrdId: z.string() })

const stop = z.object({
  algoId: z.string().min(1),
  algoClOrdId: z.string(),
  instId: z.string().min(1),
  instType: z.string(),
  side: z.enum(['buy', 'sell']),
  sz: decimal,
  state: z.string(),
  slTriggerPx: decimalOrNone,
  /** The order that it has become; empty until then. */
  ordId: z.string(),
  failCode: z.string().exactOptional(),
})

export type StopRow = z.output<typeof stop>

/** A stop loss: at market once its trigger is met. */
export const stopRequest = (order: StopOrder, closing: Closing): VenueRequest => ({
  method: 'POST',
  path: '/api/v5/trade/order-algo',
  isSigned: true,
  isOrder: true,
  body: {
    ...closingFields(order, closing),
    ordType: 'conditional',
    slTriggerPx: decimalText(order.trigger.price),
    slTriggerPxType: order.trigger.by,
    slOrdPx: AT_MARKET,
    algoClOrdId: order.clientOrderId,
  },
})

const AT_MARKET = '-1'

export const lookupRequest = ({ clientOrderId }: Asked): VenueRequest => ({
  method: 'GET',
  path: '/api/v5/trade/order-algo',
  isSigned: true,
  params: { algoClOrdId: clientOrderId },
})

/** By the venue's own number: that of the client is not documented for a cancel. */
export const cancelRequest = ({ algoId, instId }: StopRow): VenueRequest => ({
  method: 'POST',
  path: '/api/v5/trade/cancel-algos',
  isSigned: true,
  isOrder: true,
  body: [{ algoId, instId }],
})

export const amendRequest = ({ clientOrderId, instrument, trigger }: StopOrder): VenueRequest => ({
  method: 'POST',
  path: '/api/v5/trade/amend-algos',
  isSigned: true,
  isOrder: true,
  body: {
    instId: instrument,
    algoClOrdId: clientOrderId,
    newSlTriggerPx: decimalText(trigger.price),
    newSlTriggerPxType: trigger.by,
    newSlOrdPx: AT_MARKET,
  },
})

export const listRequest = (after?: string): VenueRequest => ({
  method: 'GET',
  path: '/api/v5/trade/orders-algo-pending',
  isSigned: true,
  params: {
    ordType: 'conditional',
    limit: String(PAGE),
    ...(after !== undefined && { after }),
  },
})

const STATES: Readonly<Record<string, OrderFigures['state']>> = {
  live: 'working',
  pause: 'working',
  canceled: 'ended',
  // Its trigger was met, and its order was refused.
  order_failed: 'rejected',
}

/** State of a stop that has become no order: nothing of it is executed. */
export const restingStateOf = ({ state, sz, failCode }: StopRow): OrderState =>
  table.orderStateOf({
    state: STATES[state],
    quantity: sz,
    executed: 0,
    average: undefined,
    text: state === 'order_failed' ? failCode : undefined,
  })

/** Reads the answer to a new stop: it only acknowledges, the state is queried afterwards. */
export function placedOf(rows: Rows, { clientOrderId }: StopOrder): ExitAnswer {
  const answer = onlyOf(newStop, rows, 'the new stop')
  assertAbout('the new stop', answer, { algoClOrdId: clientOrderId })
  return { kind: 'acknowledged' }
}

/** Reads the answer to the query for a stop; it must be about that stop. */
export function stopOf(rows: Rows, { clientOrderId, instrument }: Asked): StopRow {
  const row = onlyOf(stop, rows, 'the stop')
  assertAbout('the stop', row, { algoClOrdId: clientOrderId, instId: instrument })
  return row
}

export function pageOf(rows: Rows): Page<StopRow> {
  const stops = rows.map(each => shaped(stop, each, 'the resting stops'))
  return { rows: stops, next: stops.length < PAGE ? undefined : stops.at(-1)!.algoId }
}

export const openStopsOf = (stops: readonly StopRow[]): OpenOrder[] =>
  stops.map(row =>
    table.openOrderOf({
      clientOrderId: row.algoClOrdId,
      instrument: row.instId,
      isBuy: row.side === 'buy',
      quantity: row.sz,
      executed: 0,
    }),
  )
