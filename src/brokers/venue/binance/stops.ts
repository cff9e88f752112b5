import { z } from 'zod'
import type { ClientOrderId } from '../../../domain/order.ts'
import type { StopOrder } from '../../../domain/resting-stop.ts'
import type { ExitAnswer, OpenOrder, OrderState } from '../../../ports/broker.ts'
import type { PositionMode } from '../account.ts'
import type { Asked } from '../adapter.ts'
import { decimal, decimalText } from '../decimal-text.ts'
import type { VenueRequest } from '../line.ts'
import { assertAbout, shaped } from '../reply.ts'
import * as rows from '../rows.ts'
import type { OrderFigures } from '../rows.ts'
import { closingFields } from './requests.ts'

/** Stop orders rest apart from all others since December 2025, with ids of their own. */
const PATH = '/fapi/v1/algoOrder'

const stop = z.object({
  algoId: z.number().positive(),
  clientAlgoId: z.string(),
  symbol: z.string().min(1),
  side: z.enum(['BUY', 'SELL']),
  quantity: decimal,
  algoStatus: z.string(),
  triggerPrice: decimal,
  /** Number of the order that it has become; empty until then. Missing in the answer to a new one. */
  actualOrderId: z.string().exactOptional(),
})

export type StopRow = z.output<typeof stop>

export const stopRequest = (order: StopOrder, mode: PositionMode): VenueRequest => ({
  method: 'POST',
  path: PATH,
  isSigned: true,
  isOrder: true,
  params: {
    algoType: 'CONDITIONAL',
    ...closingFields(order, mode),
    type: 'STOP_MARKET',
    triggerPrice: decimalText(order.trigger.price),
    workingType: order.trigger.by === 'mark' ? 'MARK_PRICE' : 'CONTRACT_PRICE',
    clientAlgoId: order.clientOrderId,
    newOrderRespType: 'RESULT',
  },
})

const asked = (method: 'GET' | 'DELETE', id: ClientOrderId): VenueRequest => ({
  method,
  path: PATH,
  isSigned: true,
  ...(method === 'DELETE' && { isOrder: true }),
  params: { clientAlgoId: id },
})

export const lookupRequest = ({ clientOrderId }: Asked): VenueRequest => asked('GET', clientOrderId)

export const cancelRequest = ({ clientOrderId }: Asked): VenueRequest =>
  asked('DELETE', clientOrderId)

export const listRequest: VenueRequest = {
  method: 'GET',
  path: '/fapi/v1/openAlgoOrders',
  isSigned: true,
}

const STATES: Readonly<Record<string, OrderFigures['state']>> = {
  NEW: 'working',
  CANCELED: 'ended',
  EXPIRED: 'ended',
  REJECTED: 'rejected',
}

/** State of a stop that has become no order: nothing of it is executed. */
export const restingStateOf = ({ algoStatus, quantity }: StopRow): OrderState =>
  rows.orderStateOf({ state: STATES[algoStatus], quantity, executed: 0, average: undefined })

/** Reads the answer to a new stop; it must be about that stop. */
export function placedOf(value: unknown, sent: StopOrder): ExitAnswer {
  const what = 'the new stop'
  const row = shaped(stop, value, what)
  assertAbout(what, row, {
    symbol: sent.instrument,
    clientAlgoId: sent.clientOrderId,
    side: sent.side === 'long' ? 'SELL' : 'BUY',
    quantity: sent.quantity,
  })
  const state = restingStateOf(row)
  // What it has become is queried.
  return state.kind === 'working'
    ? { kind: 'acknowledged', order: state }
    : { kind: 'acknowledged' }
}

/** Reads the answer to the query for a stop; it must be about that stop. */
export function stopOf(value: unknown, { clientOrderId, instrument }: Asked): StopRow {
  const row = shaped(stop, value, 'the stop')
  assertAbout('the stop', row, { clientAlgoId: clientOrderId, symbol: instrument })
  return row
}

/** The number of the order that a stop has become; undefined while it rests, and where it ended before. */
export const orderNumberOf = ({ actualOrderId = '' }: StopRow): string | undefined =>
  actualOrderId === '' ? undefined : actualOrderId

export const openStopsOf = (value: unknown): OpenOrder[] =>
  shaped(z.array(stop), value, 'the resting stops').map(row =>
    rows.openOrderOf({
      clientOrderId: row.clientAlgoId,
      instrument: row.symbol,
      isBuy: row.side === 'BUY',
      quantity: row.quantity,
      executed: 0,
    }),
  )
