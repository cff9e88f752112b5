import type { Decision } from '../domain/decision.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { WatchedPosition } from './watched-position.ts'

/** A decision that no rule has made, at `at` (epoch ms): the position is exited as it is. */
export const atMarket = (watched: WatchedPosition, reason: ExitReason, at: number): Decision =>
  withoutRule(watched.position, { reason, at, best: watched.sign * watched.bestNow() })

/** The same of a position whose `best` price so far is given. */
export function withoutRule(
  { id, instrument, side, priceSource }: Position,
  { reason, at, best }: { readonly reason: ExitReason; readonly at: number; readonly best: number },
): Decision {
  return {
    positionId: id,
    instrument,
    side,
    reason,
    matched: [reason],
    at,
    tick: null,
    level: null,
    best,
    priceSource,
  }
}
