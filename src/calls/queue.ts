import { NotSent, QueryRefused, RateLimited } from '../errors.ts'
import type { Outcome } from '../resilience/breaker.ts'
import type { Waiting } from '../resilience/lanes.ts'
import type { Pending } from './call.ts'

/** The next call: the first one that an exit waits for, else the first. */
export const headOf = (queue: readonly Waiting<Pending>[]): Waiting<Pending> | undefined =>
  queue.find(isAwaited) ?? queue[0]

/** Whether an exit waits for the answer to a call. */
export const isAwaited = ({ call: { call } }: Waiting<Pending>): boolean =>
  call.isAwaited?.() === true

/** Rejects the calls that are no longer in the queue. */
export function refuseLeftOut(
  before: readonly Waiting<Pending>[],
  after: readonly Waiting<Pending>[],
): void {
  const kept = new Set(after.map(({ call }) => call))
  for (const { call } of before) {
    if (!kept.has(call)) call.reject(new NotSent('another call took its place in the queue'))
  }
}

/** Maps an error to its meaning for the breaker; an answer that is a rate limit or a refusal is no failure of the venue. */
export function outcomeOf(error: unknown, code: string): Outcome {
  if (error instanceof RateLimited) return 'ignored'
  if (error instanceof QueryRefused) return 'rejected'
  return code === 'UNAUTHORIZED' ? 'denied' : 'failure'
}
