import { firstInstant, localInstant } from '../domain/zone.ts'
import { UsageError } from '../errors.ts'
import { INSTANT_EXPECTED, parseInstant } from '../feeds/instant.ts'
import { parseDay } from '../risk/calendar.ts'

const LOCAL = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/

/** Epoch ms of a time on the command line; one without an offset is in the zone (default UTC). */
export function timeIn(zone: string | undefined, option: string, text: string): number {
  const instant = parseInstant(text)
  if (!Number.isNaN(instant)) return instant
  const [, date = '', hour = '0', minute = '0', second = '0'] = LOCAL.exec(text) ?? []
  const day = parseDay(date)
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (day !== undefined && h < 24 && m < 60 && s < 60) {
    return localInstant(zone ?? 'UTC', day, (h * 3_600 + m * 60 + s) * 1_000)
  }
  const expected = `${INSTANT_EXPECTED}, or a local time such as 2026-11-28T09:15`
  throw new UsageError(`found ${option} ${JSON.stringify(text)}, expected ${expected}`)
}

/** Start of a day in the zone (default UTC), and of the day after it. */
export function dayIn(
  zone: string | undefined,
  option: string,
  text: string,
): { readonly since: number; readonly until: number } {
  const day = parseDay(text)
  if (day === undefined) {
    throw new UsageError(`found ${option} ${JSON.stringify(text)}, expected a date, YYYY-MM-DD`)
  }
  const startOf = (each: number): number => firstInstant(zone ?? 'UTC', each, 0)
  return { since: startOf(day), until: startOf(day + 1) }
}
