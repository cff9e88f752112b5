import { WatchkeeperError } from '../errors.ts'
import type { ErrorCode } from '../errors/codes.ts'

/** An answer of the service with an error status. */
export class ServiceRefusal extends WatchkeeperError {
  constructor(code: string, message: string) {
    // A later version may send a code that has no row here: it is printed, and no code matches it.
    super(code as ErrorCode, message)
  }
}

/** A program other than watchkeeper answers at `url`. */
export const stranger = (url: string, why: string): WatchkeeperError =>
  new WatchkeeperError('NOT_WATCHKEEPER', `${url} is no watchkeeper: ${why}`)

/** No program listens there, as far as the machine can determine. */
const REFUSED = 'ECONNREFUSED'

/** Whether an error came from an `AbortSignal` of an expired timer. */
const isTimeout = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'TimeoutError'

/** The request, for errors about it. */
export interface Asked {
  readonly url: string
  /** Longest wait, ms. */
  readonly waitMs: number
}

/**
 * Maps the failure of a request or its answer to a code: TOO_SLOW, NO_SERVICE (no program listens
 * there), NOT_WATCHKEEPER (the answer is not HTTP), NO_ANSWER (anything else).
 */
export function failureOf(cause: unknown, { url, waitMs }: Asked): WatchkeeperError {
  if (cause instanceof WatchkeeperError) return cause
  if (isTimeout(cause)) {
    const text = `${url} did not answer within ${waitMs / 1_000} s`
    return new WatchkeeperError('TOO_SLOW', text, { cause })
  }
  const { cause: inner } = Object(cause) as { cause?: Partial<Error> & { code?: string } }
  const why = inner?.code ?? inner?.message ?? String(cause)
  if (inner?.code === REFUSED) {
    return new WatchkeeperError('NO_SERVICE', `no service at ${url} (${why})`, { cause })
  }
  // The parser's code is missing in Node 24.
  if (inner?.name === 'HTTPParserError') return stranger(url, `its answer is no http (${why})`)
  return new WatchkeeperError('NO_ANSWER', `no whole answer from ${url} (${why})`, { cause })
}

/** Whether a retry may help: no answer arrived, or an incomplete one. */
export const isSilence = (error: unknown): error is WatchkeeperError =>
  error instanceof WatchkeeperError && ['NO_SERVICE', 'NO_ANSWER', 'TOO_SLOW'].includes(error.code)
