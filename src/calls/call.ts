import type { EndpointGroup } from '../domain/venue.ts'
import { OutcomeUnknown } from '../errors.ts'
import type { Lane } from '../resilience/lanes.ts'

/** One requested call. */
export interface DeskCall<Answer> {
  readonly group: EndpointGroup
  readonly lane: Lane
  /** Slot in the lane: a newer call of the same slot replaces it. */
  readonly key: string
  /** Loss at risk: the higher goes first. */
  readonly urgency?: number
  /** Evaluated at each turn of its lane: a call that an exit waits for goes before the others. */
  readonly isAwaited?: () => boolean
  /** Its name in the list of the last calls. */
  readonly operation: string
  /** Evaluated when it is sent: a call that may not be sent is returned unsent. */
  readonly mayLeave?: () => boolean
  /**
   * Evaluated when limit and breaker allow it: a call that is not ready is returned unsent, and
   * uses nothing of either. `isPaced`: only the pace of the limit has delayed it, which account
   * queries share, and no other call of that limit was sent meanwhile.
   */
  readonly isReady?: (isPaced: boolean) => boolean
  /** Ends the call when its owner has abandoned it. */
  readonly signal?: AbortSignal
  run(signal: AbortSignal): Promise<Answer>
  /** Whether an answer proves only that the venue is reachable: a business rejection. */
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
   * True after its breaker has refused it: it waits, and later sweeps do not count it as refused
   * again.
   */
  wasRefused: boolean
  /**
   * Something other than the pace of its limit has delayed it: a breaker, a wait, calls in flight.
   */
  wasHeld: boolean
  /** Calls of its limit that had been sent when it arrived. */
  leftBefore: number
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
      wasRefused: false,
      wasHeld: false,
      leftBefore: 0,
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
    return await (ms === Infinity ? answer : within(ms, answer, abort))
  } finally {
    call.signal?.removeEventListener('abort', abort)
  }
}

/** The answer, unless it has not arrived a while after the call was aborted at its deadline. */
function within<Answer>(ms: number, answer: Promise<Answer>, abort: () => void): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    let timer = setTimeout(() => {
      abort()
      timer = setTimeout(() => {
        reject(
          new OutcomeUnknown(`the broker did not answer within ${ms} ms, nor to the end of it`),
        )
      }, GRACE_MS)
    }, ms)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
