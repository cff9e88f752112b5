/**
 * Local times of a zone, without a clock: everything is a function of epoch ms. Zones are IANA names; their
 * rules come from the runtime's own zone data.
 */

const UTC = 'UTC'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Farthest that a zone's clock is from UTC, with room to spare. */
const FARTHEST_MS = 26 * 3_600_000

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
  if (name === UTC) return true
  if (!AREA_CITY.test(name)) return false
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

/** Most instants of a zone whose offsets are kept. */
const MOST_OFFSETS = 5_000
/** Offsets by zone and whole second: positions of one calendar ask about the same instants. */
const offsets = new Map<string, Map<number, number>>()

/** Local clock minus UTC at an instant, ms; whole seconds. */
export function offsetAt(timezone: string, at: number): number {
  // The default zone: loading the zone data takes a start 20 ms.
  if (timezone === UTC) return 0
  let known = offsets.get(timezone)
  if (known === undefined) offsets.set(timezone, (known = new Map<number, number>()))
  const second = Math.floor(at / 1000)
  let offset = known.get(second)
  if (offset === undefined) {
    offset = computedOffset(timezone, at)
    if (known.size >= MOST_OFFSETS) known.clear()
    known.set(second, offset)
  }
  return offset
}

/** What the zone data of the runtime says: takes hundreds of times as long as a kept offset. */
function computedOffset(timezone: string, at: number): number {
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

/**
 * Epoch ms at which the clock of a zone shows `ms` after midnight of a day. A time that a jump forward
 * skips is read with the offset from before the jump; of a time that exists twice it is the first.
 */
export function localInstant(timezone: string, day: number, ms: number): number {
  const local = day * DAY_MS + ms
  const before = offsetAt(timezone, local - FARTHEST_MS)
  const after = offsetAt(timezone, local + FARTHEST_MS)
  if (before === after || offsetAt(timezone, local - before) === before) return local - before
  if (offsetAt(timezone, local - after) === after) return local - after
  return local - before
}
