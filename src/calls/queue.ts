import { NotSent, RateLimited } from '../errors.ts'
import type { Outcome } from '../resilience/breaker.ts'
import type { Waiting } from '../resilience/lanes.ts'
import type { Pending } from './call.ts'

/** What goes next: the first of those that an exit waits for, else the first. */
export const headOf = (queue: readonly Waiting<Pending>[]): Waiting<Pending> | undefined =>
  queue.find(isAwaited) ?? queue[0]

/** Whether an exit waits for the answer to a call. */
export const isAwaited = ({ call: { call } }: Waiting<Pending>): boolean =>
  call.isAwaited?.() === true

/** Rejects the calls that are not in the queue any more. */
export function refuseLeftOut(
  before: readonly Waiting<Pending>[],
  after: readonly Waiting<Pending>[],
): void {
  const kept = new Set(after.map(({ call }) => call))
  for (const { call } of before) {
    if (!kept.has(call)) call.reject(new NotSent('another call took its place in the queue'))
  }
}

/** What an error says about the venue; a refusal by rate does not say that it is ill. */
export function outcomeOf(error: unknown, code: string): Outcome {
  if (error instanceof RateLimited) return 'ignored'
  return code === 'UNAUTHORIZED' ? 'denied' : 'failure'
}
