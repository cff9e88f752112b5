import { localInstant } from '../domain/zone.ts'
import { INSTANT_EXPECTED, parseInstant } from './instant.ts'

/** Unit of integers in a time column. */
export const TIME_UNITS = ['s', 'ms', 'us', 'ns'] as const
export type TimeUnit = (typeof TIME_UNITS)[number]

/** How the times of a file are parsed. */
export interface TimeOptions {
  readonly unit: TimeUnit
  /** The earliest and the latest time that a row may have, epoch ms. */
  readonly earliest: number
  readonly latest: number
  /** Zone of times without an offset; undefined: such times are faults. */
  readonly zone?: string | undefined
}

/** 1990-01-01: no recorded market is older, and seconds taken for milliseconds are. */
const EARLIEST_MS = 631_152_000_000
/** How far ahead of now a row may be, ms: clocks and time zones differ. */
const AHEAD_MS = 86_400_000

/** Times in milliseconds, up to a day ahead of `now` (epoch ms). */
export const timeOptions = (now: number, unit: TimeUnit = 'ms', zone?: string): TimeOptions => ({
  unit,
  zone,
  earliest: EARLIEST_MS,
  latest: now + AHEAD_MS,
})

const DECIMAL = /^-?\d+(?:\.\d+)?$/
const PER_MS: Readonly<Record<TimeUnit, number>> = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 }
/** Digits that are finer than a millisecond. */
const FINER: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 0, us: 3, ns: 6 }

const LOCAL = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/
const WITH_BLANK = /^\d{4}-\d\d-\d\d \d/

const withT = (text: string): string => (WITH_BLANK.test(text) ? text.replace(' ', 'T') : text)

const isLocal = (text: string): boolean => LOCAL.test(withT(text))

/** ISO 8601, also with a blank in place of the T; without an offset, in the zone. */
function parseInstantOf(given: string, zone: string | undefined): number {
  const text = withT(given)
  if (zone === undefined || !LOCAL.test(text)) return parseInstant(text)
  const asUtc = parseInstant(`${text}Z`)
  if (Number.isNaN(asUtc)) return NaN
  const day = Math.floor(asUtc / DAY_MS)
  return localInstant(zone, day, asUtc - day * DAY_MS)
}

const DAY_MS = 86_400_000

/** Epoch ms of a text in a unit, or as ISO 8601; NaN for no time. Finer digits are cut off. */
export function parseTime(
  text: string,
  { unit, zone }: Pick<TimeOptions, 'unit' | 'zone'>,
): number {
  if (unit === 'ms' || !DECIMAL.test(text)) return parseInstantOf(text, zone)
  const whole = text.split('.')[0]!
  if (unit === 's') return Math.floor(Number(text) * 1_000 + 1e-6)
  // Cut the digits as text: as a number they exceed the precision of a double.
  return Number(whole.slice(0, -FINER[unit]) || '0')
}

/** The expectation that a time violates; undefined where it is fine. */
export function timeFault(
  text: string,
  ts: number,
  { unit, earliest, latest }: TimeOptions,
): string | undefined {
  if (ts >= earliest && ts <= latest) return undefined
  const guess = DECIMAL.test(text) ? guessed(Number(text), unit, latest) : undefined
  if (guess === undefined && Number.isNaN(ts)) {
    const expected = unit === 'ms' ? INSTANT_EXPECTED : `a time in ${unit}, or ISO 8601 with a zone`
    // With a zone it would be a time.
    return isLocal(text) ? `${expected}, or --zone for local times` : expected
  }
  const hint =
    guess === undefined ? '' : `: it seems to be in ${NAMES[guess]}, which --ts-unit ${guess} plays`
  return `a time from 1990 to a day from now, in ${NAMES[unit]}${hint}`
}

const NAMES: Readonly<Record<TimeUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
}

/** The unit in which a number would be a present-day time. */
const guessed = (value: number, unit: TimeUnit, latest: number): TimeUnit | undefined =>
  TIME_UNITS.find(each => {
    const ms = value / PER_MS[each]
    return each !== unit && ms >= EARLIEST_MS && ms <= latest
  })
