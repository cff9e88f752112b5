/** Share of a published limit that is used: the broker's clock and ours do not agree. */
const SHARE = 0.95
/** Part of each horizon that only exits may use. */
const RESERVE = 0.1
const SLOTS = 20

/** What one horizon of a published limit has admitted, counted in slots of a twentieth of it. */
export interface Ceiling {
  readonly horizonMs: number
  readonly allowed: number
  /** Slot numbers with their counts, oldest first; at most 21 of them. */
  readonly slots: readonly (readonly [slot: number, count: number])[]
}

/** A ceiling of `limit` calls in any `horizonMs`, with nothing admitted yet. */
export const ceiling = (limit: number, horizonMs: number): Ceiling => ({
  horizonMs,
  allowed: Math.max(1, Math.floor(limit * SHARE)),
  slots: [],
})

const slotOf = ({ horizonMs }: Ceiling, now: number): number =>
  Math.floor((now * SLOTS) / horizonMs)

/** The slots that any window ending at `now` may touch. */
const living = (of: Ceiling, now: number) =>
  of.slots.filter(([slot]) => slot >= slotOf(of, now) - SLOTS)

/** Milliseconds until one more call is allowed at `now`; 0 means at once. */
export function ceilingWaitMs(of: Ceiling, kind: 'exit' | 'other', now: number): number {
  const reserved = kind === 'exit' ? 0 : Math.floor(of.allowed * RESERVE)
  const slots = living(of, now)
  let used = slots.reduce((sum, [, count]) => sum + count, 0)
  for (const [slot, count] of slots) {
    if (used < of.allowed - reserved) return 0
    used -= count
    if (used < of.allowed - reserved) {
      return Math.ceil(((slot + SLOTS + 1) * of.horizonMs) / SLOTS - now)
    }
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
