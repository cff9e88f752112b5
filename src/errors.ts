import type { ErrorCode, FaultCode } from './errors/codes.ts'

/** What is wrong with one place of a user's input. `path` and `line` locate it. */
export interface Fault {
  /** Dotted path inside the input, such as `positions[2].entryPrice`; a file name where there is none. */
  readonly path: string
  /** Line in the file, from 1. */
  readonly line?: number
  /** What was found, already formatted for a person. */
  readonly found: string
  /** What is expected instead. */
  readonly expected: string
  /** Stable name of the fault, where it has one. */
  readonly code?: FaultCode
}

/** One line for a person: `path, line 3: found X, expected Y`. */
export function describeFault(fault: Fault): string {
  const where = fault.line === undefined ? fault.path : `${fault.path}, line ${fault.line}`
  const code = fault.code === undefined ? '' : ` (${fault.code})`
  return `${where}: found ${fault.found}, expected ${fault.expected}${code}`
}

/**
 * Base of every error of watchkeeper; `code` is stable across releases and safe to match on.
 * `ERROR_CODES` defines the meaning, HTTP status and exit code of each code; docs/errors.md lists them.
 *
 * @example
 * ```ts
 * import { NotSent, OutcomeUnknown, RateLimited, Unauthorized, WatchkeeperError } from 'watchkeeper'
 *
 * const codeOf = (error: unknown) => (error instanceof WatchkeeperError ? error.code : undefined)
 * codeOf(new NotSent('no connection')) // => 'NOT_SENT'
 * codeOf(new OutcomeUnknown('no answer in time')) // => 'OUTCOME_UNKNOWN'
 * codeOf(new RateLimited('429', { retryAfterMs: 1_000 })) // => 'RATE_LIMITED'
 * codeOf(new Unauthorized('401')) // => 'UNAUTHORIZED'
 * codeOf(new Error('another')) // => undefined
 * ```
 */
export class WatchkeeperError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/**
 * The user's input is refused as a whole; `faults` lists everything that is wrong with it.
 *
 * @example
 * ```ts
 * import { InputError, startWatchkeeper } from 'watchkeeper'
 *
 * const config = { cycleMs: 1, feed: { kind: 'none' } }
 * const error = await startWatchkeeper({ config, env: {} }).catch((each: unknown) => each)
 * error instanceof InputError && error.code // => 'BAD_INPUT'
 * error instanceof InputError && error.faults.map(({ path }) => path).sort() // => ['cycleMs', 'feed.kind']
 * ```
 */
export class InputError extends WatchkeeperError {
  readonly faults: readonly Fault[]

  constructor(source: string, faults: readonly Fault[]) {
    super('BAD_INPUT', [`${source}:`, ...faults.map(describeFault)].join('\n  '))
    this.faults = faults
  }
}

/** What is there already differs from what is asked for; `faults` says where, field by field. */
export class ConflictError extends WatchkeeperError {
  readonly faults: readonly Fault[]

  constructor(code: ErrorCode, text: string, faults: readonly Fault[]) {
    super(code, [`${text}:`, ...faults.map(describeFault)].join('\n  '))
    this.faults = faults
  }
}

/** The command line itself is wrong (unknown option, missing argument). */
export class UsageError extends WatchkeeperError {
  constructor(message: string) {
    super('BAD_USAGE', message)
  }
}

/** The call never left this process: it has changed nothing, and may be repeated. */
export class NotSent extends WatchkeeperError {
  constructor(message: string, options?: ErrorOptions) {
    super('NOT_SENT', message, options)
  }
}

/** The venue refused the call because of its rate limit, and executed nothing. */
export class RateLimited extends WatchkeeperError {
  /** When to try again, ms from now; undefined where the venue does not say. */
  readonly retryAfterMs: number | undefined
  /** True where the venue bans every call until `retryAfterMs` has passed, not only this one. */
  readonly isBan: boolean

  constructor(
    message: string,
    {
      retryAfterMs,
      isBan = false,
      ...options
    }: ErrorOptions & { retryAfterMs?: number; isBan?: boolean } = {},
  ) {
    super('RATE_LIMITED', message, options)
    this.retryAfterMs = retryAfterMs
    this.isBan = isBan
  }
}

/** The venue refused the credentials, and executed nothing. */
export class Unauthorized extends WatchkeeperError {
  constructor(message: string, options?: ErrorOptions) {
    super('UNAUTHORIZED', message, options)
  }
}

/** The call may or may not have been executed: only evidence decides, never a guess. */
export class OutcomeUnknown extends WatchkeeperError {
  constructor(message: string, options?: ErrorOptions) {
    super('OUTCOME_UNKNOWN', message, options)
  }
}

/**
 * The venue refused what was asked, for a reason of its own that its answer names: nothing was learned, and the
 * venue works.
 */
export class QueryRefused extends OutcomeUnknown {}

/**
 * A broker's adapter broke the contract of its port: the call may or may not have been executed.
 */
export class AdapterFault extends WatchkeeperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ADAPTER_FAULT', message, options)
  }
}

/** The paper account on disk cannot be used: it is damaged, foreign, newer or unreadable. */
export class AccountUnusable extends WatchkeeperError {
  constructor(message: string, options?: ErrorOptions) {
    super('ACCOUNT_UNUSABLE', message, options)
  }
}
