/**
 * Local times and days of trading sessions, without a clock: everything is a function of epoch ms.
 * Zones are IANA names; their rules come from the runtime's own zone data.
 */

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Farthest that a zone's clock is from UTC, with room to spare. */
const FARTHEST_MS = 26 * 3_600_000

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

/** Days from 1970-01-01 to a date of the Gregorian calendar (months from 1). */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
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

const formats = new Map<string, Intl.DateTimeFormat>()

/** Throws RangeError for a name that is no time zone. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timezone, format)
  }
  return format
}

/** What is expected where `isTimezone` says no. */
export const TIMEZONE_EXPECTED =
  'an IANA time zone as Area/City, such as Europe/Berlin, or UTC: EST and the like know no summer time'

/** `Area/City`, with a second city where there is one. `Etc/…` is not: its signs mean the opposite. */
const AREA_CITY = /^(?!etc\/)[a-z]+(\/[a-z][a-z0-9_+-]*)+$/i

/**
 * Whether a name is a time zone that the runtime knows, with the rules of a place: `Area/City` or `UTC`.
 * Abbreviations and offsets are none, because they miss the place's summer time.
 */
export function isTimezone(name: string): boolean {
  if (name !== 'UTC' && !AREA_CITY.test(name)) return false
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

/** Local clock minus UTC at an instant, ms; whole seconds. */
function offsetAt(timezone: string, at: number): number {
  const parts: Record<string, string> = {}
  for (const { type, value } of formatOf(timezone).formatToParts(at)) parts[type] = value
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year'])
  const day = dayNumber(year, Number(parts['month']), Number(parts['day']))
  const seconds =
    Number(parts['hour']) * 3600 + Number(parts['minute']) * 60 + Number(parts['second'])
  return day * DAY_MS + seconds * 1000 - Math.floor(at / 1000) * 1000
}

/**
 * First instant (epoch ms) at which the clock of a zone shows `minutes` after midnight of a day or
 * later. A time that a jump forward skips is the first instant after the jump; of a time that
 * exists twice it is the first.
 */
export function firstInstant(timezone: string, day: number, minutes: number): number {
  const local = day * DAY_MS + minutes * MINUTE_MS
  const before = offsetAt(timezone, local - FARTHEST_MS)
  const after = offsetAt(timezone, local + FARTHEST_MS)
  if (before === after) return local - before
  const change = offsetChange(timezone, local - FARTHEST_MS, local + FARTHEST_MS)
  if (local - before < change) return local - before
  return Math.max(change, local - after)
}

/** Instant between two others at which the offset becomes what it is at the later one. */
function offsetChange(timezone: string, from: number, to: number): number {
  const target = offsetAt(timezone, to)
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(timezone, middle) === target) high = middle
    else low = middle
  }
  return high
}

/** Day number that the clock of a zone shows at an instant. */
export const localDay = (timezone: string, at: number): number =>
  Math.floor((at + offsetAt(timezone, at)) / DAY_MS)

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
