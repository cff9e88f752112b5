import { z } from 'zod'
import type { HoldingKey } from '../../../domain/holding.ts'
import type { ReportedChange, ShrinkCause } from '../../../domain/shrink-cause.ts'
import { changesOf, type Reduction } from '../changes.ts'
import { decimal } from '../decimal-text.ts'
import type { VenueRequest } from '../line.ts'
import { assertAbout, shaped } from '../reply.ts'

const row = {
  symbol: z.string().min(1),
  orderId: z.number().positive(),
  positionSide: z.enum(['BOTH', 'LONG', 'SHORT']),
}
const orders = z.array(z.object({ ...row, clientOrderId: z.string() }))
const forced = z.array(
  z.object({ ...row, clientOrderId: z.string(), executedQty: decimal, time: z.number().int() }),
)
const trades = z.array(
  z.object({ ...row, id: z.number(), realizedPnl: decimal, time: z.number().int() }),
)

const LIMIT = '100'

const question = (path: string, key: HoldingKey, since: number): VenueRequest => ({
  method: 'GET',
  path,
  isSigned: true,
  params: { symbol: key.instrument, startTime: String(Math.floor(since)), limit: LIMIT },
})

/** Orders of the venue itself, trades of the account, and the orders that made them. */
export const changesRequests = (
  key: HoldingKey,
  since: number,
): readonly [VenueRequest, VenueRequest, VenueRequest] => [
  question('/fapi/v1/forceOrders', key, since),
  question('/fapi/v1/userTrades', key, since),
  question('/fapi/v1/allOrders', key, since),
]

/** Beginnings of the ids that the venue gives to its own orders, by its documentation of order updates. */
const FORCED: readonly (readonly [string, ShrinkCause])[] = [
  ['autoclose-', 'liquidation'],
  ['adl_autoclose', 'adl'],
  ['settlement_autoclose-', 'settlement'],
]

const causeOf = (id: string): ShrinkCause =>
  FORCED.find(([begin]) => id.startsWith(begin))?.[1] ?? 'unknown'

/** A trade with a realised profit or loss has made a holding smaller; an order may have many trades. */
export function changesIn(
  answers: { readonly forced: unknown; readonly trades: unknown; readonly orders: unknown },
  { instrument, side }: HoldingKey,
): readonly ReportedChange[] {
  const isOwn = ({ positionSide }: { readonly positionSide: string }): boolean =>
    positionSide === 'BOTH' || positionSide === side?.toUpperCase()
  const all = {
    forced: shaped(forced, answers.forced, 'the forced orders'),
    trades: shaped(trades, answers.trades, 'the trades'),
    orders: shaped(orders, answers.orders, 'the orders'),
  }
  for (const each of [...all.forced, ...all.trades, ...all.orders])
    assertAbout('the changes', each, { symbol: instrument })
  const known = new Map<number, Reduction>()
  for (const each of all.forced.filter(isOwn)) {
    if (each.executedQty === 0) continue
    const { orderId, time: at, clientOrderId: id } = each
    known.set(orderId, { at, cause: causeOf(id), ids: [], proof: `order ${orderId}` })
  }
  const idOf = new Map(all.orders.map(({ orderId, clientOrderId }) => [orderId, clientOrderId]))
  for (const each of all.trades.filter(isOwn)) {
    const { orderId, realizedPnl, time: at } = each
    if (realizedPnl === 0 || known.has(orderId)) continue
    known.set(orderId, {
      at,
      cause: undefined,
      ids: [idOf.get(orderId)],
      proof: `order ${orderId}`,
    })
  }
  return changesOf([...known.values()])
}
