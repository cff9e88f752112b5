import { WatchkeeperError } from '../errors.ts'
import type { ErrorCode } from '../errors/codes.ts'

/** An answer that the service gave with an error status. */
export class ServiceRefusal extends WatchkeeperError {
  constructor(code: string, message: string) {
    // A later release may answer a code without a row here: it is printed, and matches nothing.
    super(code as ErrorCode, message)
  }
}

/** Something else than watchkeeper answers at `url`. */
export const stranger = (url: string, why: string): WatchkeeperError =>
  new WatchkeeperError('NOT_WATCHKEEPER', `${url} is no watchkeeper: ${why}`)

/** Nothing listens there, as far as the machine can tell. */
const REFUSED = 'ECONNREFUSED'

/** Whether an error came from an `AbortSignal` that a timer has fired. */
const isTimeout = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'TimeoutError'

/** What was asked, for errors about it. */
export interface Asked {
  readonly url: string
  /** Longest wait, ms. */
  readonly waitMs: number
}

/**
 * Says why a request or its answer failed: TOO_SLOW, NO_SERVICE (nothing listens there),
 * NOT_WATCHKEEPER (what answers does not speak http), NO_ANSWER (anything else).
 */
export function failureOf(cause: unknown, { url, waitMs }: Asked): WatchkeeperError {
  if (cause instanceof WatchkeeperError) return cause
  if (isTimeout(cause)) {
    const text = `${url} did not answer within ${waitMs / 1_000} s`
    return new WatchkeeperError('TOO_SLOW', text, { cause })
  }
  const { cause: inner } = Object(cause) as { cause?: { code?: string; message?: string } }
  const why = inner?.code ?? inner?.message ?? String(cause)
  if (inner?.code === REFUSED) {
    return new WatchkeeperError('NO_SERVICE', `no service at ${url} (${why})`, { cause })
  }
  if (why.startsWith('HPE_')) return stranger(url, `its answer is no http (${why})`)
  return new WatchkeeperError('NO_ANSWER', `no whole answer from ${url} (${why})`, { cause })
}

/** Whether to ask again may help: nothing was heard, or not to its end. */
export const isSilence = (error: unknown): error is WatchkeeperError =>
  error instanceof WatchkeeperError && ['NO_SERVICE', 'NO_ANSWER', 'TOO_SLOW'].includes(error.code)
