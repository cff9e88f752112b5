import { z } from 'zod'
import type { HoldingKey } from '../../../domain/holding.ts'
import type { ReportedChange, ShrinkCause } from '../../../domain/shrink-cause.ts'
import { changesOf } from '../changes.ts'
import { decimal } from '../decimal-text.ts'
import type { VenueRequest } from '../line.ts'
import { assertAbout } from '../reply.ts'

/** One row of the list of executions. */
export const execution = z.object({
  symbol: z.string().min(1),
  execId: z.string().min(1),
  execType: z.string(),
  orderLinkId: z.string(),
  side: z.enum(['Buy', 'Sell']),
  closedSize: decimal,
  execTime: z
    .string()
    .regex(/^\d{13}$/)
    .transform(Number),
})

/** Page size, the longest that the venue takes. */
export const changesRequest =
  ({ instrument: symbol }: HoldingKey, since: number) =>
  (cursor?: string): VenueRequest => ({
    method: 'GET',
    path: '/v5/execution/list',
    isSigned: true,
    params: {
      category: 'linear',
      symbol,
      startTime: String(Math.floor(since)),
      limit: '100',
      ...(cursor !== undefined && { cursor }),
    },
  })

const CAUSES: Readonly<Record<string, ShrinkCause>> = {
  AdlTrade: 'adl',
  BustTrade: 'liquidation',
  Delivery: 'expiry',
  Settle: 'settlement',
}

/** Executions that closed something of the holding. */
export function changesIn(
  rows: readonly z.output<typeof execution>[],
  { instrument, side }: HoldingKey,
): readonly ReportedChange[] {
  for (const row of rows) assertAbout('the changes', row, { symbol: instrument })
  const closing = rows.filter(row => {
    const closes = row.side === 'Sell' ? 'long' : 'short'
    return row.closedSize > 0 && (side === undefined || side === closes)
  })
  // The venue lists the latest first: those of one millisecond keep their order.
  return changesOf(
    closing.toReversed().map(({ execType, execTime: at, orderLinkId, execId }) => ({
      at,
      cause: execType === 'Trade' ? undefined : (CAUSES[execType] ?? 'unknown'),
      ids: [orderLinkId],
      proof: `execution ${execId}`,
    })),
  )
}
