import { signOf } from '../domain/position.ts'
import { merge, noLevels } from './merge.ts'
import type { WatchedPosition } from './watched-position.ts'

/** Where a guarded position stands, in prices as they are. */
export interface Standing {
  /** Best price since the position opened; the entry price if none was better. */
  readonly best: number
  /** Tightest stop in force, null without one. */
  readonly stop: number | null
  /** Nearest target in force, null without one. */
  readonly target: number | null
}

/**
 * Levels in force for a position at `at` (epoch ms), with every tick seen so far; with `best` those
 * of an earlier best price.
 */
export function standing(
  watched: WatchedPosition,
  at: number,
  best = watched.sign * watched.bestNow(),
): Standing {
  const { position, ruleSet } = watched
  const sign = signOf(position.side)
  const merged = merge(ruleSet, position, { best, at }, watched.lastGood(), noLevels())
  return {
    best,
    stop: merged.stopBy === -1 ? null : sign * merged.stop,
    target: merged.targetBy === -1 ? null : sign * merged.target,
  }
}
