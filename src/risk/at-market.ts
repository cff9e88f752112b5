import type { Decision } from '../domain/decision.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { WatchedPosition } from './watched-position.ts'

/** A decision that no rule has made, at `at` (epoch ms): the position is exited as it is. */
export function atMarket(guard: WatchedPosition, reason: ExitReason, at: number): Decision {
  const { id, instrument, side, priceSource } = guard.position
  return {
    positionId: id,
    instrument,
    side,
    reason,
    matched: [reason],
    at,
    tick: null,
    level: null,
    best: guard.sign * guard.bestNow(),
    priceSource,
  }
}
