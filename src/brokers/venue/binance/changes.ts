import { z } from 'zod'
import type { HoldingKey } from '../../../domain/holding.ts'
import type { ReportedChange, ShrinkCause } from '../../../domain/shrink-cause.ts'
import { changesOf, type Reduction } from '../changes.ts'
import { decimal } from '../decimal-text.ts'
import type { VenueRequest } from '../line.ts'
import { wholeList, type Page } from '../pages.ts'
import { assertAbout, shaped } from '../reply.ts'

const row = z.object({
  symbol: z.string().min(1),
  orderId: z.number().positive(),
  positionSide: z.enum(['BOTH', 'LONG', 'SHORT']),
  time: z.number().int(),
})
const order = row.extend({ clientOrderId: z.string() })
const forced = order.extend({ executedQty: decimal })
const trade = row.extend({ id: z.number(), realizedPnl: decimal })

interface Answers {
  readonly forced: readonly z.output<typeof forced>[]
  readonly trades: readonly z.output<typeof trade>[]
  readonly orders: readonly z.output<typeof order>[]
}

/** Most rows of an answer; the venue gives the oldest ones from a time on. */
const MOST_FORCED = 100
const MOST = 1_000

interface Listing<Row extends typeof row> {
  readonly what: string
  readonly path: string
  readonly shape: Row
  readonly most: number
  nameOf(row: z.output<Row>): number
}

/** Orders of the venue itself, trades of the account, and the orders that made them, since then (epoch ms). */
export async function changesSince(
  key: HoldingKey,
  since: number,
  ask: (request: VenueRequest) => Promise<unknown>,
): Promise<Answers> {
  /** A full answer is followed by what there is from its last time on. */
  const list = <Row extends typeof row>(listing: Listing<Row>): Promise<z.output<Row>[]> => {
    const { what, path, shape, most, nameOf } = listing
    const known = new Set<number>()
    const page = async (from = String(Math.floor(since))): Promise<Page<z.output<Row>>> => {
      const params = { symbol: key.instrument, startTime: from, limit: String(most) }
      const answer = await ask({ method: 'GET', path, isSigned: true, params })
      const all = shaped(z.array(shape), answer, what)
      const rows = all.filter(each => !known.has(nameOf(each)))
      for (const each of rows) known.add(nameOf(each))
      return { rows, next: all.length < most ? undefined : String(all.at(-1)!.time) }
    }
    return wholeList(what, page, each => String(nameOf(each)))
  }
  const ofOrder = ({ orderId }: z.output<typeof row>): number => orderId
  const [forces, trades, orders] = await Promise.all([
    list({
      what: 'the forced orders',
      path: '/fapi/v1/forceOrders',
      shape: forced,
      most: MOST_FORCED,
      nameOf: ofOrder,
    }),
    list({
      what: 'the trades',
      path: '/fapi/v1/userTrades',
      shape: trade,
      most: MOST,
      nameOf: ({ id }) => id,
    }),
    list({
      what: 'the orders',
      path: '/fapi/v1/allOrders',
      shape: order,
      most: MOST,
      nameOf: ofOrder,
    }),
  ])
  return { forced: forces, trades, orders }
}

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
  all: Answers,
  { instrument, side }: HoldingKey,
): readonly ReportedChange[] {
  const isOwn = ({ positionSide }: { readonly positionSide: string }): boolean =>
    positionSide === 'BOTH' || positionSide === side?.toUpperCase()
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
