import { z } from 'zod'
import type { Position } from '../../domain/position.ts'
import { firstInstant, isTimezone, localDay, TIMEZONE_EXPECTED } from '../../domain/zone.ts'
import {
  instantText,
  isSessionDay,
  nextOccurrence,
  parseDay,
  sessionDayFrom,
  timeOn,
  WEEKDAYS,
  type SessionDays,
  type Weekday,
} from '../calendar.ts'
import type { Levels, RuleDefinition } from '../rule.ts'
import { finite, priceAtAmount, signed, unreachableTarget } from './options.ts'

const date = z.string().refine(text => parseDay(text) !== undefined, {
  error: 'a date that exists, as YYYY-MM-DD',
})

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day from 00:00 to 23:59' })

const options = z.strictObject({
  /** Local time of day. */
  at: time,
  /** IANA name, such as Europe/Berlin. */
  timezone: z.string().refine(isTimezone, { error: TIMEZONE_EXPECTED }),
  /** Days that have a session; default Monday to Friday. */
  days: z
    .union([z.literal('all'), z.array(z.enum(WEEKDAYS as [Weekday, ...Weekday[]])).min(1)])
    .optional(),
  /** Days without a session. */
  holidays: z.array(date).optional(),
  /** Times of single dates, for half days: an early close leaves earlier. */
  exceptions: z.record(date, time).optional(),
  /** Leave at the session's end only with at least this profit, in money. */
  minProfitAmount: signed.optional(),
})

export type SessionEndOptions = z.infer<typeof options>

const WORKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri']

function sessionOf({
  timezone,
  days = [...WORKDAYS],
  holidays = [],
  exceptions = {},
}: SessionEndOptions): SessionDays {
  return {
    timezone,
    days: new Set(days === 'all' ? WEEKDAYS : days),
    holidays: new Set(holidays.map(text => parseDay(text)!)),
    exceptions: new Map(
      Object.entries(exceptions).map(([day, at]) => [parseDay(day)!, minutesOf(at)]),
    ),
  }
}

function minutesOf(at: string): number {
  const [hours, minutes] = at.split(':').map(Number) as [number, number]
  return hours * 60 + minutes
}

/** A session end, and when its turn is: until the day of the next session starts. Epoch ms. */
interface Close {
  readonly from: number
  readonly at: number
  readonly until: number
}

/** The first end of a session after the position was opened, epoch ms; infinite without one. */
function firstClose(given: SessionEndOptions, { openedAt }: Position): number {
  return nextOccurrence(sessionOf(given), minutesOf(given.at), openedAt)?.at ?? Infinity
}

/** Equal for options with the same sessions. */
function timesOf(given: SessionEndOptions): string {
  const { timezone, days, holidays } = sessionOf(given)
  return JSON.stringify([timezone, minutesOf(given.at), [...days].toSorted(), [...holidays]])
}

/** No session is held any more. */
const NEVER: Close = { from: -Infinity, at: Infinity, until: Infinity }

/**
 * Exits at the end of the session. With `minProfitAmount` only for that profit, from the end of
 * the session until the start of the next session's day.
 */
export const sessionEnd: RuleDefinition<SessionEndOptions> = {
  name: 'sessionEnd',
  reason: 'session-end',
  summary: 'exits at the end of the trading session',
  options,
  rule: given => {
    const session = sessionOf(given)
    const minutes = minutesOf(given.at)
    const { minProfitAmount } = given
    const startOf = (day: number): number => firstInstant(session.timezone, day, 0)
    const closeOf = (day: number, from: number): Close => {
      const next = sessionDayFrom(session, day + 1)
      const until = next === undefined ? Infinity : startOf(next)
      return { from, at: timeOn(session, minutes, day), until }
    }
    const closeAt = (openedAt: number, now: number): Close => {
      const occurrence = nextOccurrence(session, minutes, openedAt)
      if (occurrence === undefined) return NEVER
      const first = closeOf(occurrence.day, -Infinity)
      if (minProfitAmount === undefined) return { ...first, until: Infinity }
      if (now < first.until) return first
      // Midnight may come twice: the clock can show the day before one that has started.
      let day = localDay(session.timezone, now) + 1
      while (!isSessionDay(session, day) || startOf(day) > now) day--
      return closeOf(day, startOf(day))
    }
    // Finding a session day costs microseconds, and a monitor asks at every evaluation: keep the
    // answer.
    const latest = new WeakMap<Position, Close>()
    const closeFor = (position: Position, now: number): Close => {
      const kept = latest.get(position)
      if (kept !== undefined && kept.from <= now && now < kept.until) return kept
      const close = closeAt(position.openedAt, now)
      latest.set(position, close)
      return close
    }
    return {
      kind: 'levels',
      reason: 'session-end',
      arm: (position, _best, now): Levels => {
        const close = closeFor(position, now)
        if (close === NEVER) return {}
        if (minProfitAmount === undefined) return { exitAt: close.at }
        if (now < close.at) return { rearmAt: close.at }
        const target = priceAtAmount(position, minProfitAmount)
        return finite(close.until === Infinity ? { target } : { target, rearmAt: close.until })
      },
    }
  },
  loosens: (before, after, position) => {
    const [old, next] = [firstClose(before, position), firstClose(after, position)]
    if (old === Infinity) return undefined
    const [least, profit] = [before.minProfitAmount, after.minProfitAmount]
    if (profit !== undefined) {
      if (least === undefined) return 'it waits for a profit'
      if (profit > least) return `minProfitAmount ${profit} in place of ${least}`
      return timesOf(after) === timesOf(before)
        ? undefined
        : 'other sessions that wait for a profit'
    }
    if (next <= old) return undefined
    return `${next === Infinity ? 'no end' : `an end at ${instantText(next)}`} in place of ${instantText(old)}`
  },
  warnings: ({ minProfitAmount }, subject) => {
    if (minProfitAmount === undefined) return []
    const target = priceAtAmount(subject, minProfitAmount)
    return unreachableTarget('minProfitAmount', minProfitAmount, target, subject)
  },
}
