/** A horizon is counted in so many slots. */
const SLOTS = 20
/**
 * A window is one slot longer than its horizon: of a published limit 95 % are used, as the broker's
 * clock and ours do not agree, and none of it is lost to whole numbers where the limit is small.
 */
const WINDOW_SLOTS = SLOTS + 1
/** Share of a published limit that is used in the long run. */
export const USED_SHARE = SLOTS / WINDOW_SLOTS
/** Part of a long horizon that only exits may use: what a poll has used up there is missed for long. */
const RESERVE = 0.1
/** From here a horizon is long, ms. */
const LONG_MS = 60_000

/** What one horizon of a published limit has admitted. */
export interface Ceiling {
  readonly horizonMs: number
  /** Calls in any window. */
  readonly limit: number
  /** Slot numbers with their counts, oldest first; at most 21 of them. */
  readonly slots: readonly (readonly [slot: number, count: number])[]
}

/** A ceiling of `limit` calls in any `horizonMs`, with nothing admitted yet. */
export const ceiling = (limit: number, horizonMs: number): Ceiling => ({
  horizonMs,
  limit,
  slots: [],
})

/** Calls in any window that polls leave untouched. */
const reserved = ({ horizonMs, limit }: Ceiling): number =>
  horizonMs < LONG_MS ? 0 : Math.floor(limit * RESERVE)

/** Time between two polls with which a minute's allowance lasts for the minute, ms; 0: no need. */
export const evenMs = (of: Ceiling): number =>
  of.horizonMs === LONG_MS ? LONG_MS / USED_SHARE / (of.limit - reserved(of)) : 0

const slotOf = ({ horizonMs }: Ceiling, now: number): number =>
  Math.floor((now * SLOTS) / horizonMs)

/** The slots that a window ending at `now` touches. */
const living = (of: Ceiling, now: number) =>
  of.slots.filter(([slot]) => slot > slotOf(of, now) - WINDOW_SLOTS)

/** Milliseconds until one more call is allowed at `now`; 0 means at once. */
export function ceilingWaitMs(of: Ceiling, kind: 'exit' | 'other', now: number): number {
  const allowed = of.limit - (kind === 'exit' ? 0 : reserved(of))
  const slots = living(of, now)
  let used = slots.reduce((sum, [, count]) => sum + count, 0)
  for (const [slot, count] of slots) {
    if (used < allowed) return 0
    used -= count
    if (used < allowed) return Math.ceil(((slot + WINDOW_SLOTS) * of.horizonMs) / SLOTS - now)
  }
  return 0
}

/** The ceiling with one more call counted at `now`. */
export function countCall(of: Ceiling, now: number): Ceiling {
  const slot = slotOf(of, now)
  const slots = living(of, now)
  const last = slots.at(-1)
  if (last === undefined || last[0] < slot) return { ...of, slots: [...slots, [slot, 1]] }
  return { ...of, slots: [...slots.slice(0, -1), [last[0], last[1] + 1]] }
}

/** What the windows of the ceiling still hold at `now`: ages in ms with their counts, oldest first. */
export const agesOf = (of: Ceiling, now: number): [ageMs: number, count: number][] =>
  living(of, now).map(([slot, count]) => [
    Math.max(0, now - ((slot + 1) * of.horizonMs) / SLOTS),
    count,
  ])

/** The ceiling with calls of so many ms before `now`, oldest first. */
export const restoredCeiling = (
  of: Ceiling,
  ages: readonly (readonly [ageMs: number, count: number])[],
  now: number,
): Ceiling =>
  ages.reduce((next, [ageMs, count]) => {
    const slot = slotOf(of, now - ageMs)
    return { ...next, slots: [...next.slots, [slot, count] as const] }
  }, of)
