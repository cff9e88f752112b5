import type { EndpointGroup } from '../domain/venue.ts'
import { OutcomeUnknown } from '../errors.ts'
import type { Lane } from '../resilience/lanes.ts'

/** One call that somebody wants to make. */
export interface DeskCall<Answer> {
  readonly group: EndpointGroup
  readonly lane: Lane
  /** Slot in the lane: a newer call of the same slot takes its place. */
  readonly key: string
  /** Loss at risk: the higher goes first. */
  readonly urgency?: number
  /** Asked at each turn of its lane: what an exit waits for goes before what else is there. */
  readonly isAwaited?: () => boolean
  /** What it is called in the list of the last calls. */
  readonly operation: string
  /** Asked again in the moment of sending: what may not leave is given back unsent. */
  readonly mayLeave?: () => boolean
  /**
   * Asked when the limit and the breaker let it go: one that is not ready is given back unsent, and takes
   * nothing of either. `isPaced`: only the pace of the limit has held it, which questions for the account
   * share, and no other call of that limit has left meanwhile.
   */
  readonly isReady?: (isPaced: boolean) => boolean
  /** Ends the call when its owner has given it up. */
  readonly signal?: AbortSignal
  run(signal: AbortSignal): Promise<Answer>
  /** Whether an answer proves only that the venue is there: a business rejection. */
  readonly isRejection?: (answer: Answer) => boolean
}

/** How one call went, for a person. */
export interface CallRecord {
  /** Epoch ms at which it left. */
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
  /** Its breaker has refused it before: it waits, and is not refused anew at each look. */
  wasRefused: boolean
  /** Something other than the pace of its limit has held it: a breaker, a wait, calls in flight. */
  wasHeld: boolean
  /** Calls of its limit that had left when it came. */
  leftBefore: number
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** A call that waits, and the promise of its answer. */
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

/** What an adapter gets, beyond the deadline, to answer to its signal, ms. */
const GRACE_MS = 1_000

/** The answer of a call. An adapter that does not even answer to its signal is not waited for. */
export async function answerOf<Answer>(call: DeskCall<Answer>, ms: number): Promise<Answer> {
  const controller = new AbortController()
  const abort = controller.abort.bind(controller, undefined)
  // In place of AbortSignal.any, which costs as much as all the rest of a call.
  if (call.signal?.aborted === true) abort()
  call.signal?.addEventListener('abort', abort)
  try {
    const answer = call.run(controller.signal)
    return await (ms === Infinity ? answer : within(ms, answer, abort))
  } finally {
    call.signal?.removeEventListener('abort', abort)
  }
}

/** The answer, unless it has not come a while after it was aborted at its deadline. */
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
