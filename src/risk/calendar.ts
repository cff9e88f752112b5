/**
 * Local times and days of trading sessions, without a clock: everything is a function of epoch ms.
 * Zones are IANA names; their rules come from the runtime's own zone data.
 */

import { dayNumber, firstInstant, localDay } from '../domain/zone.ts'

const DAY_MS = 86_400_000

export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'

/** From Monday; the day number 0 (1970-01-01) was a Thursday. */
export const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const WEEKDAY_OF_DAY_0 = 3

/** When a session is: the days it is held on, and whose clock counts. */
export interface SessionDays {
  readonly timezone: string
  readonly days: ReadonlySet<Weekday>
  /** Day numbers on which no session is held. */
  readonly holidays: ReadonlySet<number>
  /** Minutes after midnight by day number, for days with a time of their own: half days. */
  readonly exceptions?: ReadonlyMap<number, number>
}

/** Day number of an ISO date, `YYYY-MM-DD`; undefined if there is no such day. */
export function parseDay(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (match === null) return undefined
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  return exists ? dayNumber(year, month, day) : undefined
}

function daysIn(year: number, month: number): number {
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1]
  return dayNumber(nextYear, nextMonth, 1) - dayNumber(year, month, 1)
}

/** Whether a session is held on a day. */
export function isSessionDay({ days, holidays, exceptions }: SessionDays, day: number): boolean {
  if (exceptions?.has(day) === true) return true
  const weekday = WEEKDAYS[(((day + WEEKDAY_OF_DAY_0) % 7) + 7) % 7]!
  return days.has(weekday) && !holidays.has(day)
}

/** Longest search for a session day: two years without one means that there is none. */
const FARTHEST_DAYS = 732

/** First session day from `day` on; undefined if there is none within two years. */
export function sessionDayFrom(session: SessionDays, day: number): number | undefined {
  for (let next = day; next < day + FARTHEST_DAYS; next++) {
    if (isSessionDay(session, next)) return next
  }
  return undefined
}

/** One occurrence of a time of day. */
export interface Occurrence {
  readonly day: number
  /** Epoch ms. */
  readonly at: number
}

/** Instant of `minutes` after midnight of a day, or of the time that the day has instead. */
export const timeOn = (session: SessionDays, minutes: number, day: number): number =>
  firstInstant(session.timezone, day, session.exceptions?.get(day) ?? minutes)

/** First occurrence of `minutes` after midnight on a session day strictly after `after`. */
export function nextOccurrence(
  session: SessionDays,
  minutes: number,
  after: number,
): Occurrence | undefined {
  let day = sessionDayFrom(session, localDay(session.timezone, after) - 1)
  while (day !== undefined) {
    const at = timeOn(session, minutes, day)
    if (at > after) return { day, at }
    day = sessionDayFrom(session, day + 1)
  }
  return undefined
}

/** An instant (epoch ms) as ISO 8601 in UTC, to the second: 2024-08-09T15:55:00Z. */
export function instantText(at: number): string {
  const days = Math.floor(at / DAY_MS)
  if (!(Math.abs(days) < FARTHEST_TEXT_DAYS)) return String(at)
  let year = 1970 + Math.floor(days / 365.2425)
  while (dayNumber(year, 1, 1) > days) year--
  while (dayNumber(year + 1, 1, 1) <= days) year++
  let month = 12
  while (dayNumber(year, month, 1) > days) month--
  const seconds = Math.floor(at / 1000) - days * 86_400
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = [
    String(year).padStart(4, '0'),
    two(month),
    two(days - dayNumber(year, month, 1) + 1),
  ]
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(part =>
    two(Math.floor(part)),
  )
  return `${date.join('-')}T${time.join(':')}Z`
}

/** Days from 1970 that have a year of four digits at most. */
const FARTHEST_TEXT_DAYS = 700_000
