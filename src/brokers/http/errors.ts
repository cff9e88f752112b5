import { OutcomeUnknown, RateLimited, Unauthorized } from '../../errors.ts'
import type { Ask, RawAnswer } from './exchange.ts'
import { waitOf } from './retry-after.ts'

interface Bounds {
  /** Epoch ms. */
  readonly now: number
  readonly retryAfterMs: number
  readonly banMs: number
  /** Called for each header that was corrected or dropped. */
  readonly onOdd: () => void
}

/** The error of the port that an answer other than 200 proves. */
export function errorOf(
  { method, path }: Ask,
  { status, headers, text }: RawAnswer,
  { now, onOdd, ...longest }: Bounds,
): Error {
  const message = `${method} ${path} was answered with ${status} ${text}`.trim().slice(0, 300)
  if (status === 401) return new Unauthorized(message)
  if (status !== 429) return new OutcomeUnknown(message)
  const { oddities, ...wait } = waitOf(headers, now, longest)
  for (let each = 0; each < oddities; each++) onOdd()
  return new RateLimited(message, wait)
}
