import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { VENUE_KINDS } from '../../domain/venue-kind.ts'
import type { Capabilities } from '../../ports/broker.ts'
import type { PositionMode } from './account.ts'

const isRefused = z.boolean().nullable()

/** What `watchkeeper venue test` measured at an account; null: it was not measured. */
export const reportSchema = z.strictObject({
  version: z.literal(1),
  venue: z.enum(VENUE_KINDS),
  environment: z.enum(['testnet', 'demo', 'live']),
  positionMode: z.enum(['one-way', 'hedge']),
  instrument: z.string(),
  /** ISO 8601. */
  at: z.string(),
  clockOffsetMs: z.number(),
  /** Median of the time until a question was answered, ms. */
  answerMs: z.number(),
  /** A holding of 0 was answered with a row of its own. */
  flatIsProved: z.boolean().nullable(),
  /** An id that no order has was answered as absent. */
  unknownIdIsAbsent: z.boolean().nullable(),
  /** A used id was refused while its order was open, and right after its fill. */
  usedIdRefused: z.strictObject({ whileOpen: isRefused, afterFill: isRefused }),
  /** An order was found by its id after a fill, and after it was cancelled without one. */
  foundById: z.strictObject({
    afterFill: z.boolean().nullable(),
    afterCancel: z.boolean().nullable(),
  }),
  /** A reduce-only order for twice the holding went through zero. */
  reduceOnlyOvershoots: z.boolean().nullable(),
  /** The venue accepted an order that it checked and did not place. */
  orderAccepted: z.boolean().nullable().exactOptional(),
  /** An order that was stamped a minute ago was refused. */
  lateOrderRefused: z.boolean().nullable(),
  /** Time from an acknowledgement until the order and the holding showed it, ms, for each order. */
  visibility: z.strictObject({
    orders: z.number().int().nonnegative(),
    medianMs: z.number().nullable(),
    /** The 99.9th percentile; with fewer than 1,000 orders the longest. */
    p999Ms: z.number().nullable(),
  }),
  /** What could not be measured, and why. */
  notes: z.array(z.string()),
})

export type VenueReport = z.output<typeof reportSchema>

/** Orders from which a measured visibility may replace a longer one that is declared. */
const ENOUGH_ORDERS = 1_000
/** A measured visibility is multiplied by this. */
const MARGIN = 3

const DEDUPE = ['never', 'open-only', 'always'] as const
const LOOKUP = ['none', 'open-only', 'complete'] as const

const weaker = <Value extends string>(order: readonly Value[], a: Value, b: Value): Value =>
  order.indexOf(a) < order.indexOf(b) ? a : b

/**
 * Reads a report.
 *
 * @throws Error that names what is wrong with the file.
 */
export function readReport(path: string): VenueReport {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(
      `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      {
        cause: error,
      },
    )
  }
  try {
    return reportSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error('it is no report of watchkeeper venue test', { cause })
  }
}

/**
 * Capabilities by what was measured. A weaker finding counts on every network of the venue; a stronger one on
 * the network alone where it was measured. That an id is refused right after a fill does not prove that it is
 * refused for good, so `dedupe` is lowered and never raised.
 */
export function measured(
  declared: Capabilities,
  report: VenueReport,
  account: { readonly environment: string; readonly positionMode: PositionMode },
): Capabilities {
  const { usedIdRefused, foundById, reduceOnlyOvershoots, lateOrderRefused, visibility } = report
  const isSame =
    report.environment === account.environment && report.positionMode === account.positionMode
  const dedupe =
    usedIdRefused.whileOpen === false
      ? 'never'
      : usedIdRefused.afterFill === false
        ? 'open-only'
        : 'always'
  const lookup = foundById.afterFill === false ? 'open-only' : 'complete'
  const mostMs = visibility.p999Ms === null ? 0 : Math.ceil(MARGIN * visibility.p999Ms)
  const mayShorten = isSame && visibility.orders >= ENOUGH_ORDERS
  const deadline =
    lateOrderRefused === false
      ? 'ignored'
      : lateOrderRefused === true && isSame
        ? 'kept'
        : undefined
  return {
    ...declared,
    dedupe: weaker(DEDUPE, declared.dedupe, dedupe),
    lookup: weaker(LOOKUP, declared.lookup, lookup),
    reduceOnly: declared.reduceOnly && reduceOnlyOvershoots !== true,
    visibilityMs: mayShorten ? Math.max(mostMs, 1) : Math.max(declared.visibilityMs, mostMs),
    ...(deadline !== undefined && declared.deadline !== undefined && { deadline }),
  }
}
