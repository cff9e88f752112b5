import type { LookupHorizon } from '../domain/venue.ts'
import { firstInstant, localDay } from '../domain/zone.ts'

/**
 * When a venue forgets an order that was made at `madeAt` (epoch ms): Infinity where it never does. A time of
 * day is the next one after `madeAt`. A horizon that cannot be read ends at once: nothing is proved by it.
 */
export function forgottenAt(keeps: LookupHorizon | undefined, madeAt: number): number {
  if (keeps === undefined || keeps === 'ever') return Infinity
  if ('ms' in keeps) return madeAt + (keeps.ms > 0 ? keeps.ms : 0)
  const minutes = minutesOf(keeps.until)
  if (minutes === undefined) return madeAt
  const day = localDay(keeps.timezone, madeAt)
  const today = firstInstant(keeps.timezone, day, minutes)
  return today > madeAt ? today : firstInstant(keeps.timezone, day + 1, minutes)
}

/** Minutes after midnight of a time of day, `HH:mm`; undefined where it is none. */
function minutesOf(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2])
}
