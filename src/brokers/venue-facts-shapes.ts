import { z } from 'zod'
import { SHRINK_CAUSES, type ReportedChange, type ShrinkCause } from '../domain/shrink-cause.ts'
import type {
  ClockReading,
  Credentials,
  Permissions,
  VenueInstrument,
} from '../domain/venue-facts.ts'
import { instrument } from './shapes.ts'

/** A quantity, price or factor that must be above 0: an instrument with another one is left out. */
const size = z.number().positive()
const maybeSize = size.optional()
const maybeFlag = z.boolean().optional()

const venueInstrument: z.ZodType<VenueInstrument> = z
  .object({
    instrument,
    isTrading: z.boolean(),
    multiplier: size,
    lot: maybeSize,
    tickSize: maybeSize,
    minQuantity: maybeSize,
    maxQuantity: maybeSize,
    minNotional: maybeSize,
    reduceOnlyExempt: z.boolean(),
    currency: z.string().min(1),
  })
  .transform(row => ({
    ...row,
    lot: row.lot,
    tickSize: row.tickSize,
    minQuantity: row.minQuantity,
    maxQuantity: row.maxQuantity,
    minNotional: row.minNotional,
  }))
  .refine(({ minQuantity, maxQuantity }) => (minQuantity ?? 0) <= (maxQuantity ?? Infinity))

/**
 * The instruments of a list that can be read. One broken row makes its instrument unknown, not all of them;
 * a name that comes twice is unknown, too.
 */
export const instrumentList = z.array(z.unknown()).transform((rows): readonly VenueInstrument[] => {
  const found = new Map<string, VenueInstrument | undefined>()
  for (const row of rows) {
    const { data } = venueInstrument.safeParse(row)
    if (data !== undefined)
      found.set(data.instrument, found.has(data.instrument) ? undefined : data)
  }
  return [...found.values()].filter(each => each !== undefined)
})

/** A cause without a name here is unknown; so is one that is not said. */
const cause = z
  .unknown()
  .transform((name): ShrinkCause => SHRINK_CAUSES.find(known => known === name) ?? 'unknown')

export const reportedChanges: z.ZodType<readonly ReportedChange[]> = z.array(
  z.object({ at: z.number().nonnegative(), cause, text: z.string().max(200).exactOptional() }),
)

export const positionMode = z.enum(['one-way', 'hedge'])

export const permissions: z.ZodType<Permissions> = z
  .object({
    trade: maybeFlag,
    withdraw: maybeFlag,
    isAddressBound: maybeFlag,
    expiresAt: z.number().positive().optional(),
  })
  .transform(({ trade, withdraw, isAddressBound, expiresAt }) => ({
    trade,
    withdraw,
    isAddressBound,
    expiresAt,
  }))

export const clockReading: z.ZodType<ClockReading> = z.object({
  aheadMs: z.number(),
  errorMs: z.number().nonnegative(),
})

export const credentials: z.ZodType<Credentials> = z.union([
  z.object({
    kind: z.literal('usable'),
    expiresAt: z.number().positive().exactOptional(),
    trouble: z.string().exactOptional(),
  }),
  z.object({ kind: z.literal('unreadable'), why: z.string() }),
])
