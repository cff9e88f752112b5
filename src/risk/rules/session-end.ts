import { z } from 'zod'
import type { Position } from '../../domain/position.ts'
import {
  firstInstant,
  isTimezone,
  nextOccurrence,
  type Occurrence,
  parseDay,
  sessionDayFrom,
  type SessionDays,
  type Weekday,
  WEEKDAYS,
} from '../calendar.ts'
import type { Levels, RuleDefinition } from '../rule.ts'
import { priceAtAmount } from './options.ts'

const date = z.string().refine(text => parseDay(text) !== undefined, {
  error: 'a date that exists, as YYYY-MM-DD',
})

const options = z.strictObject({
  /** Local time of day. */
  at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day from 00:00 to 23:59' }),
  /** IANA name, such as Europe/Berlin. */
  timezone: z.string().refine(isTimezone, { error: 'an IANA time zone, such as Europe/Berlin' }),
  /** Days that have a session; default Monday to Friday. */
  days: z
    .union([z.literal('all'), z.array(z.enum(WEEKDAYS as [Weekday, ...Weekday[]])).min(1)])
    .optional(),
  /** Days without a session. */
  holidays: z.array(date).optional(),
  /** Leave at the session's end only with at least this profit, in money. */
  minProfitAmount: z.number().optional(),
})

export type SessionEndOptions = z.infer<typeof options>

const WORKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri']

function sessionOf({
  timezone,
  days = [...WORKDAYS],
  holidays = [],
}: SessionEndOptions): SessionDays {
  return {
    timezone,
    days: new Set(days === 'all' ? WEEKDAYS : days),
    holidays: new Set(holidays.map(text => parseDay(text)!)),
  }
}

function minutesOf(at: string): number {
  const [hours, minutes] = at.split(':').map(Number) as [number, number]
  return hours * 60 + minutes
}

/** A session end and the start of the session's next day, until which its target holds. */
interface Close {
  readonly at: number
  readonly until: number
}

function closeOf(session: SessionDays, { day, at }: Occurrence): Close {
  const next = sessionDayFrom(session, day + 1)
  return { at, until: next === undefined ? Infinity : firstInstant(session.timezone, next, 0) }
}

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
    const closeAfter = (after: number): Close | undefined => {
      const occurrence = nextOccurrence(session, minutes, after)
      return occurrence && closeOf(session, occurrence)
    }
    // Finding a session day costs microseconds, and a monitor asks at every look: keep the answers.
    const closesOf = new WeakMap<Position, (Close | undefined)[]>()
    const closeFor = (position: Position, now: number): Close | undefined => {
      let closes = closesOf.get(position)
      if (closes === undefined) {
        closes = [closeAfter(position.openedAt)]
        closesOf.set(position, closes)
      }
      if (minProfitAmount === undefined) return closes[0]
      for (
        let last = closes.at(-1);
        last !== undefined && last.until <= now;
        last = closes.at(-1)
      ) {
        closes.push(closeAfter(last.until - 1))
      }
      // Nearly always the last one; an earlier one when levels of the past are asked for.
      let index = closes.length - 1
      while (index > 0 && closes[index - 1]!.until > now) index--
      return closes[index]
    }
    return {
      kind: 'levels',
      reason: 'session-end',
      arm: (position, _best, now): Levels => {
        const close = closeFor(position, now)
        if (close === undefined) return {}
        if (minProfitAmount === undefined) return { exitAt: close.at }
        if (now < close.at) return { rearmAt: close.at }
        const target = priceAtAmount(position, minProfitAmount)
        return close.until === Infinity ? { target } : { target, rearmAt: close.until }
      },
    }
  },
  warnings: ({ minProfitAmount }, subject) => {
    if (minProfitAmount === undefined || priceAtAmount(subject, minProfitAmount) > 0) return []
    const expected = `a profit that a ${subject.side} can have: its price would be at 0 or below`
    return [{ path: 'minProfitAmount', found: String(minProfitAmount), expected }]
  },
}
