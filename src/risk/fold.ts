import type { Decision } from '../domain/decision.ts'
import { catchUp, type Outcome } from './catch-up.ts'
import { merge, noLevels, type Merged } from './merge.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Armed } from './watched-state.ts'

/**
 * The same replay as the monitor's, run in place for a position whose monitor does not keep up. A
 * replay that throws, or a position that is frozen, falls back to the last stop, target and deadline
 * that were in force.
 */
export function fold(watched: WatchedPosition, now: number): Outcome {
  if (watched.isFrozen) return foldFrozen(watched, now)
  try {
    return catchUp(watched, now)
  } catch {
    return foldFrozen(watched, now)
  }
}

function foldFrozen(watched: WatchedPosition, now: number): Outcome {
  const decision = testFrozen(watched, now)
  return decision === undefined ? frozen(watched) : { kind: 'exit', decision }
}

/**
 * The final levels of a position whose rules are no longer evaluated: those of the best price so
 * far, as far as the rules still answer, and never a looser stop than the last one.
 */
export function lastLevels(watched: WatchedPosition, now: number): Merged {
  const { merged, position, ruleSet, sign } = watched
  const levels = noLevels()
  try {
    merge(
      ruleSet,
      position,
      { best: sign * watched.bestNow(), at: now },
      watched.lastGood(),
      levels,
    )
  } catch {
    return merged
  }
  if (merged.stop > levels.stop) {
    levels.stop = merged.stop
    levels.stopBy = merged.stopBy
  }
  if (levels.errors === 0) return levels
  if (merged.target < levels.target) {
    levels.target = merged.target
    levels.targetBy = merged.targetBy
  }
  if (merged.exitAt < levels.exitAt) {
    levels.exitAt = merged.exitAt
    levels.exitBy = merged.exitBy
  }
  return levels
}

/** Tests the waiting ticks against levels that no longer move. */
function testFrozen(watched: WatchedPosition, now: number): Decision | undefined {
  const { merged, sign, position } = watched
  const { backlog } = watched.own.stream
  for (let index = backlog.indexOf(watched.since); index < backlog.length; index++) {
    const at = backlog.at[index]!
    if (at < watched.openedAt) continue
    if (merged.exitAt < at) return frozenDecision(watched, merged.exitBy, merged.exitAt, null)
    const price = backlog.price[index]!
    const tick = { seq: backlog.seq[index]!, instrument: position.instrument, price }
    if (sign * price <= merged.stop) return frozenDecision(watched, merged.stopBy, at, tick)
    if (sign * price >= merged.target) return frozenDecision(watched, merged.targetBy, at, tick)
  }
  return merged.exitAt < now
    ? frozenDecision(watched, merged.exitBy, merged.exitAt, null)
    : undefined
}

function frozenDecision(
  { position, merged, sign, best, ruleSet }: WatchedPosition,
  rule: number,
  at: number,
  tick: Decision['tick'],
): Decision {
  const { reason } = ruleSet.rules[rule]!
  const level = rule === merged.stopBy ? merged.stop : merged.target
  return {
    positionId: position.id,
    instrument: position.instrument,
    side: position.side,
    reason,
    matched: [reason],
    at,
    tick,
    level: tick === null ? null : sign * level,
    best: sign * best,
    priceSource: position.priceSource,
  }
}

/** Keeps everything as it was, except the best price, which the waiting ticks may have improved. */
function frozen(watched: WatchedPosition): Armed {
  const { backlog } = watched.own.stream
  let { best, lastAt, quietMs } = watched
  for (let index = backlog.indexOf(watched.since); index < backlog.length; index++) {
    if (backlog.at[index]! >= watched.openedAt) {
      best = Math.max(best, watched.sign * backlog.price[index]!)
    }
    lastAt = backlog.at[index]!
    quietMs = backlog.quietMs[index]!
  }
  const { anchor, lo, hi, levelsUntil, until, merged, evaluatedAt } = watched
  return {
    kind: 'armed',
    best,
    anchor,
    lo,
    hi,
    levelsUntil,
    until,
    lastAt,
    quietMs,
    merged,
    evaluatedAt,
  }
}
