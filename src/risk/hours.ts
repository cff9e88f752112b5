import type { SessionSpan, TradingHours } from '../domain/instrument.ts'
import { firstInstant, localDay } from '../domain/zone.ts'

/** One session of a market: open from `from` until before `until`, epoch ms. */
export interface Session {
  readonly from: number
  readonly until: number
}

/** Days before the present one on which a session may have opened that still goes on. */
const DAYS_BACK = 2
/** A market without any session in this time is taken for one that never opens again. */
const DAYS_AHEAD = 400
/** A market that never closes is looked up again after so many sessions. */
const MOST_JOINED = 14

/** A calendar look-up costs microseconds, a price must not: the last answer is kept for each market. */
const latest = new WeakMap<TradingHours, { readonly from: number; readonly next: Session }>()

/**
 * The session that is under way at `at` (epoch ms), or the next one; undefined where the market has
 * none for more than a year.
 */
export function sessionAt(hours: TradingHours, at: number): Session | undefined {
  const known = latest.get(hours)
  if (known !== undefined && known.from <= at && at < known.next.until) return known.next
  const next = findSession(hours, at)
  if (next !== undefined) latest.set(hours, { from: at, next })
  return next
}

/** Whether a market is open at `at` (epoch ms). */
export function isOpenAt(hours: TradingHours, at: number): boolean {
  const session = sessionAt(hours, at)
  return session !== undefined && session.from <= at
}

/**
 * When a price of `since` (epoch ms) has had no successor for `ms` of an open market. A session starts
 * afresh: what was quiet while the market was closed, or before, counts for nothing. Infinity: never.
 */
export function quietAt(hours: TradingHours | undefined, since: number, ms: number): number {
  if (hours === undefined || !Number.isFinite(since)) return since + ms
  for (let at = since; ;) {
    const session = sessionAt(hours, at)
    if (session === undefined) return Infinity
    const due = Math.max(session.from, since) + ms
    if (due < session.until) return due
    at = session.until
    // A time that no session of this market is long enough for.
    if (at - since > ms + DAYS_AHEAD * 86_400_000) return Infinity
  }
}

/**
 * For how long an open market has been without a price at `now` (epoch ms), if the last one came at
 * `since`; 0 while it is closed.
 */
export function quietFor(hours: TradingHours | undefined, since: number, now: number): number {
  if (hours === undefined) return now - since
  const session = sessionAt(hours, now)
  if (session === undefined || session.from > now) return 0
  return now - Math.max(since, session.from)
}

function findSession(hours: TradingHours, at: number): Session | undefined {
  const first = firstSession(hours, at)
  return first === undefined ? undefined : prolonged(hours, first)
}

/** A session with those that follow it without a break: around the clock there is no new start at midnight. */
function prolonged(hours: TradingHours, { from, until: end }: Session): Session {
  let until = end
  for (let joined = 0; joined < MOST_JOINED; joined++) {
    const next = firstSession(hours, until)
    if (next === undefined || next.from > until) break
    until = next.until
  }
  return { from, until }
}

function firstSession(hours: TradingHours, at: number): Session | undefined {
  const today = localDay(hours.timezone, at)
  let next: Session | undefined
  for (let day = today - DAYS_BACK; day <= today + DAYS_AHEAD; day++) {
    for (const span of sessionsOn(hours, day)) {
      const session = sessionOf(hours, day, span)
      if (session.until > at && (next === undefined || session.from < next.from)) next = session
    }
    if (next !== undefined && day > today) return next
  }
  return next
}

function sessionOf({ timezone }: TradingHours, day: number, { open, close }: SessionSpan): Session {
  const from = firstInstant(timezone, day, open)
  return { from, until: firstInstant(timezone, close > open ? day : day + 1, close) }
}

/** The sessions that open on a day. Day number 0 (1970-01-01) was a Thursday: 3 days after a Monday. */
function sessionsOn(
  { sessions, days, exceptions }: TradingHours,
  day: number,
): readonly SessionSpan[] {
  const exception = exceptions.get(day)
  if (exception !== undefined) return exception
  return days.has((((day + 3) % 7) + 7) % 7) ? sessions : []
}
