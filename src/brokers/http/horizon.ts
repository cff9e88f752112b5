import type { LookupHorizon } from '../../domain/venue.ts'
import { isTimezone } from '../../domain/zone.ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export const HORIZON_EXPECTED =
  'ever, a time above 0 such as 90d or 24h, or a local time such as 15:30 Asia/Kolkata'

/** How long a venue finds an order, from its text; undefined where the text says nothing of the kind. */
export function horizonOf(text: string): LookupHorizon | undefined {
  if (text === 'ever') return 'ever'
  const [, count, unit] = /^(\d{1,12})(ms|s|min|h|d)$/.exec(text) ?? []
  if (count !== undefined) {
    const ms = Number(count) * UNITS[unit!]!
    return ms > 0 ? { ms } : undefined
  }
  const [, until, timezone] = /^((?:[01]\d|2[0-3]):[0-5]\d) (\S+)$/.exec(text) ?? []
  if (until === undefined || timezone === undefined || !isTimezone(timezone)) return undefined
  return { until, timezone }
}

/** The text of a horizon, which `horizonOf` reads. */
export function horizonText(horizon: LookupHorizon): string {
  if (horizon === 'ever') return horizon
  return 'ms' in horizon ? `${horizon.ms}ms` : `${horizon.until} ${horizon.timezone}`
}
