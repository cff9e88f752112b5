import { NotSent, OutcomeUnknown, QueryRefused, RateLimited, Unauthorized } from '../../errors.ts'
import type { RejectionCode } from '../../ports/broker.ts'

/** Reasons for which venues refuse an order; finer than those of the port. */
type Refusal = RejectionCode | 'price-band' | 'below-minimum' | 'nothing-held' | 'held-by-orders'

/**
 * What a code of a venue proves. `clock`: the timestamp lies outside the venue's window, nothing
 * was accepted. `ended` and `filled`: the order to cancel had already ended. `unknown`: nothing.
 */
export type Meaning =
  | Refusal
  | 'unknown'
  | 'not-sent'
  | 'clock'
  | 'rate-limited'
  | 'banned'
  | 'unauthorized'
  | 'duplicate'
  | 'absent'
  | 'ended'
  | 'filled'

/** Builds a table from meaning to codes; codes are separated by blanks. */
export function codeTable(
  groups: Readonly<Partial<Record<Meaning, string>>>,
): ReadonlyMap<string, Meaning> {
  const table = new Map<string, Meaning>()
  for (const [meaning, codes] of Object.entries(groups)) {
    for (const code of codes.split(/\s+/).filter(each => each !== '')) {
      if (table.has(code)) throw new RangeError(`the code ${code} stands twice`)
      table.set(code, meaning as Meaning)
    }
  }
  return table
}

/** A venue's answer that is a failure. */
export interface Failure {
  readonly meaning: Meaning
  /** The venue's own code; absent: the answer has none. */
  readonly code?: string
  /** Status, code and text, for messages. */
  readonly message: string
  /** How long the venue asks callers to wait, ms; undefined where it does not say. */
  readonly retryAfterMs?: number | undefined
}

/** The rejection of the port that a failure maps to; undefined where it maps to none. */
export function rejectionOf({ meaning }: Failure): RejectionCode | undefined {
  switch (meaning) {
    case 'insufficient-quantity':
    case 'nothing-held':
    case 'held-by-orders':
    case 'price-band':
    case 'below-minimum':
    case 'market-closed':
    case 'would-trigger':
    case 'unknown-instrument':
    case 'no-permission':
    case 'refused':
      return meaning
    case 'unknown':
    case 'not-sent':
    case 'clock':
    case 'rate-limited':
    case 'banned':
    case 'unauthorized':
    case 'duplicate':
    case 'absent':
    case 'ended':
    case 'filled':
      return undefined
  }
}

/**
 * The error of the port that a failure maps to. A failure without a counterpart in the port proves
 * nothing.
 */
export function errorOf({ meaning, message, retryAfterMs }: Failure): Error {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  switch (meaning) {
    case 'not-sent':
    case 'clock':
      return new NotSent(message)
    case 'rate-limited':
      return new RateLimited(message, wait)
    case 'banned':
      return new RateLimited(message, { ...wait, isBan: true })
    case 'unauthorized':
      return new Unauthorized(message)
    case 'insufficient-quantity':
    case 'nothing-held':
    case 'held-by-orders':
    case 'market-closed':
    case 'would-trigger':
    case 'unknown-instrument':
    case 'no-permission':
    case 'refused':
    case 'price-band':
    case 'below-minimum':
      return new QueryRefused(message)
    case 'unknown':
    case 'duplicate':
    case 'absent':
    case 'ended':
    case 'filled':
      return new OutcomeUnknown(message)
  }
}
