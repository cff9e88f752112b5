import type { EndpointGroup } from '../domain/venue.ts'
import { OutcomeUnknown } from '../errors.ts'
import type { Lane } from '../resilience/lanes.ts'

/** One requested call. */
export interface DeskCall<Answer> {
  readonly group: EndpointGroup
  readonly lane: Lane
  /** Slot in the lane: a newer call of the same slot replaces it. */
  readonly key: string
  /** Value of the order, money: the higher goes first. */
  readonly urgency?: number
  /** Evaluated at each turn of its lane: a call that an exit waits for goes before the others. Must not throw. */
  readonly isAwaited?: () => boolean
  /** Its name in the list of the last calls. */
  readonly operation: string
  /**
   * Evaluated at each turn of its lane: a call that is not wanted, or may not be sent now, is
   * returned unsent. Must not throw.
   */
  readonly isWanted?: () => boolean
  /**
   * Evaluated when limit and breaker allow it: a call that is not ready is returned unsent, and
   * uses nothing of either. Must not throw. `isPaced`: its limit, which account queries share, was
   * all that delayed it, and no other call of that limit was sent meanwhile. What it was planned by
   * is then as new as a query could have made it.
   */
  readonly isReady?: (isPaced: boolean) => boolean
  /** Aborts a call that was sent; one that waits keeps its turn, and is sent with an aborted signal. */
  readonly signal?: AbortSignal
  run(signal: AbortSignal): Promise<Answer>
  /** Whether an answer proves only that the venue is reachable: a business rejection. A throw counts as a failed call. */
  readonly isRejection?: (answer: Answer) => boolean
}

/** How one call ended, for display. */
export interface CallRecord {
  /** Epoch ms at which it was sent. */
  readonly at: number
  readonly group: EndpointGroup
  readonly operation: string
  readonly ms: number
  /** `ok`, or the code of the error. */
  readonly outcome: string
}

/** A call in its lane. */
export interface Pending {
  readonly call: DeskCall<unknown>
  /**
   * True after it has met an open breaker, which has counted it as refused: later turns do not
   * count it again.
   */
  wasBreakerOpen: boolean
  /**
   * Something other than the pace of its limit has delayed it: a breaker, a wait that the venue
   * asked for, calls in flight.
   */
  wasDelayedOtherwise: boolean
  /** Calls of its limit that had been sent when it arrived. */
  sentBefore: number
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** A waiting call, and the promise of its answer. */
export function promised<Answer>(call: DeskCall<Answer>): {
  promise: Promise<Answer>
  pending: Pending
} {
  let pending: Pending | undefined
  const promise = new Promise<Answer>((resolve, reject) => {
    pending = {
      call: call as DeskCall<unknown>,
      wasBreakerOpen: false,
      wasDelayedOtherwise: false,
      sentBefore: 0,
      resolve,
      reject,
    }
  })
  return { promise, pending: pending! }
}

/** The stable code of an error. */
export function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' ? code : 'FAILED'
}

/** Time after the deadline that an adapter gets to react to its abort signal, ms. */
const GRACE_MS = 1_000

/** The answer of a call. Does not wait for an adapter that ignores its abort signal. */
export async function answerOf<Answer>(call: DeskCall<Answer>, ms: number): Promise<Answer> {
  const controller = new AbortController()
  const abort = controller.abort.bind(controller, undefined)
  // Instead of AbortSignal.any, which costs as much as all the rest of a call.
  if (call.signal?.aborted === true) abort()
  call.signal?.addEventListener('abort', abort)
  try {
    const answer = call.run(controller.signal)
    return await (ms === Infinity ? answer : answeredWithin(ms, answer, abort))
  } finally {
    call.signal?.removeEventListener('abort', abort)
  }
}

/** The answer, unless it has not arrived a while after the call was aborted at its deadline. */
function answeredWithin<Answer>(
  ms: number,
  answer: Promise<Answer>,
  abort: () => void,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    let timer = setTimeout(() => {
      abort()
      timer = setTimeout(() => {
        reject(
          new OutcomeUnknown(
            `the broker did not answer within ${ms} ms, nor to the abort that followed`,
          ),
        )
      }, GRACE_MS)
    }, ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
