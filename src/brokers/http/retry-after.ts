import type { IncomingHttpHeaders } from 'node:http'

/** The longest waits that a server can impose, ms. */
export interface WaitBounds {
  readonly retryAfterMs: number
  readonly banMs: number
}

/** How long a server asks callers to wait. */
export interface Wait {
  /** Ms from now; undefined where no header says so, or none can be read. */
  readonly retryAfterMs?: number
  readonly isBan: boolean
  /** Headers that cannot be read, or exceed the bound. */
  readonly oddities: number
}

interface Reading {
  readonly ms?: number
  readonly isOdd: boolean
}

const DIGITS = /^\d{1,15}$/
/** Bounds of epoch milliseconds of this and the next centuries; epoch seconds have ten digits. */
const EPOCH_MS = /^\d{13,14}$/
/** The three date formats of HTTP begin with the name of a weekday (RFC 9110, section 5.6.7). */
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/

/**
 * A `date` header that differs more from this machine's clock may itself be wrong, such as that of
 * a cached answer, ms.
 */
const CREDIBLE_MS = 60_000

/**
 * Reads `retry-after` (seconds, or a date; RFC 9110, section 10.2.3) and `ban-until` (epoch ms). A
 * time is compared with the server's own `date` header, so that the server's clock may be wrong.
 * Where the two clocks differ much, either may be wrong and the shorter wait counts. `now` is epoch
 * ms.
 */
export function waitOf(headers: IncomingHttpHeaders, now: number, bounds: WaitBounds): Wait {
  const serverNow = dateOf(headers.date) ?? now
  const nows = Math.abs(serverNow - now) <= CREDIBLE_MS ? [serverNow] : [serverNow, now]
  const retry = read(headers['retry-after'], text => retryAfterMs(text, nows))
  const until = read(headers['ban-until'], text => banMs(text, nows))
  const [retryMs, isRetryLong] = atMost(retry.ms, bounds.retryAfterMs)
  const [waitMs, isBanLong] = atMost(until.ms, bounds.banMs)
  const waits = [retryMs, waitMs].filter(ms => ms !== undefined)
  const odd = [retry.isOdd, until.isOdd, isRetryLong, isBanLong].filter(Boolean)
  return {
    ...(waits.length > 0 && { retryAfterMs: Math.max(...waits) }),
    isBan: waitMs !== undefined,
    oddities: odd.length,
  }
}

function read(
  header: string | string[] | undefined,
  parse: (text: string) => number | undefined,
): Reading {
  if (header === undefined) return { isOdd: false }
  const ms = typeof header === 'string' ? parse(header.trim()) : undefined
  return ms === undefined ? { isOdd: true } : { ms, isOdd: false }
}

function retryAfterMs(text: string, nows: readonly number[]): number | undefined {
  if (DIGITS.test(text)) return Number(text) * 1000
  const at = dateOf(text)
  return at === undefined ? undefined : shortestMs(at, nows)
}

const banMs = (text: string, nows: readonly number[]): number | undefined =>
  EPOCH_MS.test(text) ? shortestMs(Number(text), nows) : undefined

/** The shortest wait until `at`, ms; 0 where `at` is past by every clock. */
function shortestMs(at: number, nows: readonly number[]): number {
  const waits = nows.map(now => at - now).filter(ms => ms > 0)
  return waits.length === 0 ? 0 : Math.min(...waits)
}

function dateOf(text: string | undefined): number | undefined {
  const at = text !== undefined && DATE.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : at
}

const atMost = (ms: number | undefined, most: number): [number | undefined, boolean] =>
  ms !== undefined && ms > most ? [most, true] : [ms, false]
