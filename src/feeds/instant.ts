/** Largest distance from 1970 that a Date can have, ms. */
const MAX_MS = 8.64e15

const INTEGER = /^-?\d+$/
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/

/** What `parseInstant` accepts, for error messages. */
export const INSTANT_EXPECTED =
  'epoch milliseconds or ISO 8601 with a zone (2024-08-09T00:00:00.5Z)'

/**
 * Epoch ms of a text, or NaN if it is no time. An integer is epoch ms, never guessed to be seconds.
 * Anything else must be an existing date and time of ISO 8601 (extended format) with `Z` or an
 * offset; digits finer than a millisecond are cut off, which keeps the order.
 */
export function parseInstant(text: string): number {
  if (INTEGER.test(text)) {
    const ms = Number(text)
    return Math.abs(ms) <= MAX_MS ? ms : NaN
  }
  const found = ISO.exec(text)
  if (found === null) return NaN
  const days = daysSince1970(Number(found[1]), Number(found[2]), Number(found[3]))
  const hour = Number(found[4])
  const minute = Number(found[5])
  const second = Number(found[6] ?? 0)
  const zoneHour = Number(found[9] ?? 0)
  const zoneMinute = Number(found[10] ?? 0)
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return NaN
  const ms = Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const offset = (zoneHour * 60 + zoneMinute) * (found[8] === '-' ? -1 : 1)
  return ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + ms
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days from 1970-01-01 in the Gregorian calendar; NaN for a date that does not exist. */
function daysSince1970(year: number, month: number, day: number): number {
  const length = (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0)
  if (day < 1 || day > length) return NaN
  // Years that begin in March have the leap day last (Howard Hinnant, "chrono-compatible dates").
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)
  return y * 365 + leapDays + dayOfYear - 719_468
}
