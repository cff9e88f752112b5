import { timeLimit } from '../time-limit.ts'
import { deliver, LONGEST_WAIT_MS, type Delivered, type Outgoing } from './delivery.ts'

export interface PaceOptions {
  /** Least time between two messages, ms. */
  readonly spacingMs: number
  /** Monotonic, ms. */
  monotonic(): number
  /** How requests leave; default over HTTP. */
  send?(outgoing: Outgoing, stopped: AbortSignal): Promise<Delivered>
}

/**
 * Sends the messages of one channel one after the other, no faster than its service takes them. Within a
 * wait that the service asked for nothing leaves.
 */
export class Pace {
  private readonly options: PaceOptions & Required<Pick<PaceOptions, 'send'>>
  private last: Promise<unknown> = Promise.resolve()
  private nextAt = -Infinity
  private closedUntil = -Infinity

  constructor(options: PaceOptions) {
    this.options = { send: deliver, ...options }
  }

  /** Sends what `build` makes in the moment of sending; what it throws is why nothing was sent. Never throws. */
  send(build: () => Outgoing, stopped: AbortSignal): Promise<Delivered> {
    const sent = this.last.then(() => this.sendNow(build, stopped))
    this.last = sent
    return sent
  }

  private async sendNow(build: () => Outgoing, stopped: AbortSignal): Promise<Delivered> {
    const { monotonic, spacingMs, send } = this.options
    const closedMs = this.closedUntil - monotonic()
    if (closedMs > 0) {
      return { kind: 'unanswered', why: 'it asks for a pause', retryAfterMs: closedMs }
    }
    await given(this.nextAt - monotonic(), stopped)
    if (stopped.aborted) return { kind: 'unanswered', why: 'the service stops', retryAfterMs: 0 }
    const result = await built(build, outgoing => send(outgoing, stopped))
    const now = monotonic()
    this.nextAt = now + spacingMs
    if (result.kind !== 'taken') {
      this.closedUntil = now + Math.min(result.retryAfterMs, LONGEST_WAIT_MS)
    }
    return result
  }
}

async function built(
  build: () => Outgoing,
  send: (outgoing: Outgoing) => Promise<Delivered>,
): Promise<Delivered> {
  let outgoing: Outgoing
  try {
    outgoing = build()
  } catch (error) {
    return { kind: 'unanswered', why: (error as Error).message, retryAfterMs: 0 }
  }
  return send(outgoing)
}

/** Resolves when `work` does, after a while, or when everything is stopped; leaves no timer and no listener behind. */
export async function atMost(
  ms: number,
  work: Promise<unknown>,
  stopped: AbortSignal,
): Promise<void> {
  if (!(ms > 0) || stopped.aborted) return
  const { signal, clear } = timeLimit(ms, stopped)
  try {
    await Promise.race([work, aborted(signal)])
  } finally {
    clear()
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))

/** Resolves after a while, or when everything is stopped. */
export const given = (ms: number, stopped: AbortSignal): Promise<void> => {
  if (!(ms > 0) || stopped.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const timer = setTimeout(end, ms)
    stopped.addEventListener('abort', end, { once: true })
    function end(): void {
      clearTimeout(timer)
      stopped.removeEventListener('abort', end)
      resolve()
    }
  })
}
