import type { Leg } from './leg.ts'
import type { Timetable } from './timetable.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Armed } from './watched-state.ts'

/** Prices inside (lo, hi), before `until` (epoch ms), cannot exit the position. Mirrored. */
export type Band = Pick<Armed, 'lo' | 'hi' | 'until'>

/** Sets the triggers of a position: its band, its deadline, and the levels on another instrument. */
export function arm(
  watched: WatchedPosition,
  timetable: Timetable<WatchedPosition>,
  { now, band: { lo, hi, until } }: { readonly now: number; readonly band: Band },
): void {
  // A time that is over comes from a fold whose rules threw: only the deadline is left to wait for.
  timetable.set(watched, until < now ? watched.merged.exitAt : until)
  const { stream, slot } = watched.own
  if (until <= now) fireOnNextTick(watched)
  else if (watched.sign === 1) stream.book.arm(slot, lo, hi)
  else stream.book.arm(slot, -hi, -lo)
  const { other, underlying: rule } = watched
  if (other === undefined || rule === undefined) return
  if (now < watched.openedAt || watched.isFrozen) return
  if (rule.needsAnchor && watched.anchor === undefined) fireAtOnce(other)
  else {
    const { below = -Infinity, above = Infinity } = rule.bounds(watched.anchor)
    other.stream.book.arm(other.slot, below, above)
  }
}

/** The next tick of either instrument fires, whatever its price. */
export function fireOnNextTick(watched: WatchedPosition): void {
  for (const leg of legsOf(watched)) fireAtOnce(leg)
}

/** The band of a position whose levels stay as they are. */
export const frozenBand = ({ merged }: WatchedPosition): Band => ({
  lo: merged.stop,
  hi: merged.target,
  until: merged.exitAt,
})

/** The places of a position in the books of its streams. */
export const legsOf = ({ own, other }: WatchedPosition): Leg<WatchedPosition>[] =>
  other === undefined ? [own] : [own, other]

const fireAtOnce = ({ stream, slot }: Leg<WatchedPosition>): void =>
  stream.book.arm(slot, Infinity, Infinity)
