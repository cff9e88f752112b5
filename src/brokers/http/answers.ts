import { z } from 'zod'
import { LARGEST } from '../../domain/bounds.ts'
import { readJson } from '../../domain/json.ts'
import { OutcomeUnknown } from '../../errors.ts'
import { instrument, name, side } from '../shapes.ts'

/**
 * The shapes of the protocol's answers. A shape that does not fit proves nothing: no field has a
 * default that could be read as flat, absent or filled. Fields that are not known are ignored.
 */

const bounded = z.number().min(-LARGEST).max(LARGEST)
const ageMs = z.number().nonnegative().default(0)

/** To the question for one holding. */
export const holdingReport = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('held'),
    quantity: z.number().refine(quantity => quantity !== 0, 'a quantity that is not 0'),
    ageMs,
  }),
  z.object({ kind: z.literal('flat'), ageMs }),
  z.object({ kind: z.literal('unknown') }),
])

/** To the question for everything that is held. */
export const holdingList = z.object({
  holdings: z.array(
    z.object({
      account: name.exactOptional(),
      instrument,
      side: side.exactOptional(),
      ticket: name.exactOptional(),
      quantity: z.number(),
      entryPrice: z.number().exactOptional(),
      ageMs,
    }),
  ),
})

/** To the question for prices; each row is looked at alone. */
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

/** To the question for every working order. */
export const openOrderList = z.object({
  orders: z.array(
    z.object({ clientOrderId: z.string().nullable(), instrument, remaining: z.number() }),
  ),
})

/** The answer as `shape`, which must be about what was asked; throws `OutcomeUnknown`. */
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

/** What an answer says with one field and takes back with another one; it proves neither. */
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

/** How the exponent of a number begins that may lie beyond what a double holds. */
const BEYOND = /[eE]\+?\d{3}/

/** A number beyond a double spoils itself alone: it is out of every bound, and still a number. */
const finite = (_key: string, value: unknown): unknown =>
  value === Infinity || value === -Infinity ? Math.sign(value) * Number.MAX_VALUE : value

function parseJson(json: string, what: string): object {
  try {
    // Bridges pass on fields that are not known here, such as numeric ids with more digits.
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
