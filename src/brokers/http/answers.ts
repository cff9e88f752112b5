import { z } from 'zod'
import { LARGEST } from '../../domain/bounds.ts'
import { readJson } from '../../domain/json.ts'
import { OutcomeUnknown } from '../../errors.ts'
import { instrument, name, side } from '../shapes.ts'

/**
 * Shapes of the protocol's answers. An answer of another shape proves nothing: no field has a
 * default that could be read as flat, absent or filled. Unknown fields are ignored.
 */

const bounded = z.number().min(-LARGEST).max(LARGEST)
const ageMs = z.number().nonnegative().default(0)

/** The answer to the query for one holding. */
export const holdingReport = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('held'),
    quantity: z.number().refine(quantity => quantity !== 0, 'a quantity that is not 0'),
    ageMs,
  }),
  z.object({ kind: z.literal('flat'), ageMs }),
  z.object({ kind: z.literal('unknown') }),
])

/** The answer to the query for all holdings. */
export const holdingList = z.object({
  holdings: z.array(
    z.object({
      account: name.exactOptional(),
      instrument,
      side: side.exactOptional(),
      ticket: name.exactOptional(),
      product: name.exactOptional(),
      quantity: z.number(),
      entryPrice: z.number().exactOptional(),
      ageMs,
    }),
  ),
})

/** The answer to the query for prices; each row is validated by itself. */
export const quoteList = z.object({ quotes: z.array(z.unknown()) })

/** One price. */
export const quote = z.object({
  instrument,
  ts: z.number().nonnegative(),
  /** Absent or null: no trade is known. */
  price: bounded.nullish().transform(price => price ?? NaN),
  size: z.number().exactOptional(),
  bid: bounded.exactOptional(),
  ask: bounded.exactOptional(),
})

/** The answer to the query for working orders. */
export const openOrderList = z.object({
  orders: z.array(
    z.object({ clientOrderId: z.string().nullable(), instrument, remaining: z.number() }),
  ),
})

/**
 * Parses an answer as `shape` and checks that it is about the requested thing.
 *
 * @throws OutcomeUnknown where either fails.
 */
export function parse<T>(
  shape: z.ZodType<T>,
  { what, text: json, about = {} }: { what: string; text: string; about?: Record<string, string> },
): T {
  const value = parseJson(json, what)
  const echo = value as Record<string, unknown>
  for (const [name, expected] of Object.entries(about)) {
    if (echo[name] !== expected)
      throw new OutcomeUnknown(`${what}: the answer is not about ${name} ${expected}`)
  }
  const contradiction = contradictionOf(echo)
  if (contradiction !== undefined) throw new OutcomeUnknown(`${what}: ${contradiction}`)
  const result = shape.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue!.path.length === 0 ? 'the answer' : issue!.path.join('.')
  throw new OutcomeUnknown(`${what}: ${path}: ${issue!.message}`, { cause: result.error })
}

/** Contradiction between two fields of an answer, as text; such an answer proves neither. */
function contradictionOf({
  kind,
  quantity,
  executed,
  order,
}: Readonly<Record<string, unknown>>): string | undefined {
  const units = (executed as { quantity?: unknown } | null | undefined)?.quantity
  switch (kind) {
    case 'flat':
      return isNone(quantity) ? undefined : `flat with the quantity ${String(quantity)}`
    case 'absent':
    case 'rejected':
      if (!isNone(units)) return `${kind} with ${String(units)} executed`
      return isNone(order) ? undefined : `${kind} with an order`
    default:
      return undefined
  }
}

const isNone = (value: unknown): boolean => value === undefined || value === null || value === 0

/** Matches the start of an exponent that may exceed the range of a double. */
const BEYOND = /[eE]\+?\d{3}/

/**
 * Clamps a number that a double cannot hold, so that only its own field is out of bounds and the
 * rest of the answer stays readable.
 */
const finite = (_key: string, value: unknown): unknown =>
  value === Infinity || value === -Infinity ? Math.sign(value) * Number.MAX_VALUE : value

function parseJson(json: string, what: string): object {
  try {
    // Bridges pass on fields that are unknown here, such as numeric ids with more digits than a
    // double holds.
    const value = readJson(json, {
      numbers: 'nearest',
      revive: BEYOND.test(json) ? finite : undefined,
    })
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OutcomeUnknown(`${what}: the answer is not JSON: ${why}`, { cause })
  }
  throw new OutcomeUnknown(`${what}: the answer is not an object`)
}
