import { z } from 'zod'
import { LARGEST } from '../domain/bounds.ts'
import { instrumentId } from '../domain/ids.ts'
import { isName, NAME_EXPECTED } from '../domain/plain-text.ts'
import type { RejectionCode } from '../ports/broker.ts'

/**
 * Shapes that the answers of every venue share. No field has a default that could be read as flat,
 * absent or filled. Unknown fields are ignored.
 */

export const name = z.string().refine(isName, NAME_EXPECTED)
export const instrument = name.transform(instrumentId)
export const side = z.enum(['long', 'short'])

const CODES: readonly RejectionCode[] = [
  'insufficient-quantity',
  'nothing-held',
  'held-by-orders',
  'price-band',
  'below-minimum',
  'market-closed',
  'would-trigger',
  'unknown-instrument',
  'no-permission',
  'refused',
]

/** Longest rejection reason that is kept, characters. */
const TEXT_LENGTH = 200

const text = z
  .string()
  .transform(reason => reason.replace(/\p{Cc}+/gu, ' ').slice(0, TEXT_LENGTH))
  .exactOptional()

/** An unknown reason is dropped and the answer stays a rejection: `kind` alone proves that. */
const code = z
  .string()
  .transform((name): RejectionCode => CODES.find(known => known === name) ?? 'refused')

const price = z.number().nullable()
const nothingYet = z.object({ quantity: z.number().nonnegative(), price })
const something = z.object({ quantity: z.number().positive(), price })

/** An order that the venue has accepted at some time. */
export const livedOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('working'), executed: nothingYet }),
  // An order without a fill cannot be in state `filled`.
  z.object({ kind: z.literal('filled'), executed: something }),
  z.object({ kind: z.literal('ended'), executed: nothingYet, text }),
])
const bandPrice = z.number().min(-LARGEST).max(LARGEST).exactOptional()
const band = z
  .object({ low: bandPrice, high: bandPrice })
  .refine(({ low = -Infinity, high = Infinity }) => low <= high)

/** A band that cannot be read is left out: the rejection stays one. */
const rejected = z
  .object({ kind: z.literal('rejected'), code, text, band: z.unknown().optional() })
  .transform(({ band: stated, ...rest }) => {
    const { data } = band.safeParse(stated)
    return { ...rest, ...(data !== undefined && { band: data }) }
  })

/** The answer to a new order. */
export const exitAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('acknowledged'), order: livedOrder.exactOptional() }),
  z.object({ kind: z.literal('duplicate') }),
  rejected,
])

/** The answer to a query for an order, and to a cancel. */
export const orderState = z.union([
  livedOrder,
  rejected,
  z.object({ kind: z.literal('absent') }),
  z.object({ kind: z.literal('unknown') }),
])
