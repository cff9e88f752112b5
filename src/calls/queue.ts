import { NotSent, QueryRefused, RateLimited } from '../errors.ts'
import type { Outcome } from '../resilience/breaker.ts'
import { remove, type Lane, type Lanes, type Waiting } from '../resilience/lanes.ts'
import type { Pending } from './call.ts'
import type { LimitGate } from './gate.ts'
import type { Delay } from './gates.ts'

/** The waiting calls of one limit. */
export interface LimitQueue {
  readonly gate: LimitGate
  lanes: Lanes<Pending>
  wakeUp: (() => void) | undefined
  /** Calls sent so far. */
  sentCount: number
}

/** The next call: the first one that an exit waits for, else the first. */
export const headOf = (queue: readonly Waiting<Pending>[]): Waiting<Pending> | undefined =>
  queue.find(isAwaited) ?? queue[0]

/** Whether an exit waits for the answer to a call. */
export const isAwaited = ({ call: { call } }: Waiting<Pending>): boolean =>
  call.isAwaited?.() === true

/** Rejects the calls that are no longer in the queue. */
export function rejectDisplaced(
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

interface Head {
  readonly lane: Lane
  readonly head: Waiting<Pending>
}

/**
 * A call that an exit needs waits for the breaker; any other one is returned unsent, to be
 * repeated later.
 */
export function breakerOpen(
  queue: LimitQueue,
  { lane, head }: Head,
  retryInMs: number,
): 'gone' | Delay {
  if (lane === 'exits' || isAwaited(head)) return { kind: 'breaker', retryInMs }
  return returnUnsent(queue, { lane, head }, `the breaker of ${head.call.call.group} is open`)
}

/** Removes a call without sending it. */
export function returnUnsent(queue: LimitQueue, { lane, head }: Head, why: string): 'gone' {
  queue.lanes = remove(queue.lanes, lane, head)
  head.call.reject(new NotSent(why))
  return 'gone'
}
