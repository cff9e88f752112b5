import { z } from 'zod'
import type { HoldingKey } from '../../../domain/holding.ts'
import type { ReportedChange, ShrinkCause } from '../../../domain/shrink-cause.ts'
import { changesOf } from '../changes.ts'
import { decimal, decimalOrNone } from '../decimal-text.ts'
import type { VenueRequest } from '../line.ts'
import type { Page } from '../pages.ts'
import { assertAbout, shaped } from '../reply.ts'
import type { Rows } from './answers.ts'

const order = z.object({
  instId: z.string().min(1),
  ordId: z.string().min(1),
  clOrdId: z.string(),
  algoClOrdId: z.string().exactOptional(),
  posSide: z.enum(['net', 'long', 'short']),
  category: z.string(),
  accFillSz: decimal,
  pnl: decimalOrNone,
  uTime: z
    .string()
    .regex(/^\d{13}$/)
    .transform(Number),
})

type Order = z.output<typeof order>

/** Page size, the longest that the venue takes. */
const PAGE = 100

/** Ended orders of one instrument, with those of the venue itself; `after` is the number of the last one read. */
export const changesRequest = (
  { instrument }: HoldingKey,
  since: number,
  after?: string,
): VenueRequest => ({
  method: 'GET',
  path: '/api/v5/trade/orders-history',
  isSigned: true,
  params: {
    instType: /-\d{6}$/.test(instrument) ? 'FUTURES' : 'SWAP',
    instId: instrument,
    begin: String(Math.floor(since)),
    limit: String(PAGE),
    ...(after !== undefined && { after }),
  },
})

const CAUSES: Readonly<Record<string, ShrinkCause | undefined>> = {
  adl: 'adl',
  full_liquidation: 'liquidation',
  partial_liquidation: 'liquidation',
  delivery: 'expiry',
}

export function pageOf(rows: Rows): Page<Order> {
  const page = rows.map(each => shaped(order, each, 'the changes'))
  return { rows: page, next: page.length < PAGE ? undefined : page.at(-1)!.ordId }
}

/** An order with a profit or loss has closed something; those of the venue itself name their cause. */
export function changesIn(
  orders: readonly Order[],
  { instrument, side }: HoldingKey,
): readonly ReportedChange[] {
  for (const each of orders) assertAbout('the changes', each, { instId: instrument })
  const closing = orders.filter(({ category, accFillSz, pnl = 0, posSide }) => {
    const isOwn = posSide === 'net' || posSide === side
    return isOwn && accFillSz > 0 && (pnl !== 0 || CAUSES[category] !== undefined)
  })
  // The venue lists the latest first: those of one millisecond keep their order.
  return changesOf(
    closing.toReversed().map(({ category, uTime: at, clOrdId, algoClOrdId, ordId }) => ({
      at,
      cause: CAUSES[category],
      ids: [clOrdId, algoClOrdId],
      proof: `order ${ordId}`,
    })),
  )
}
