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
export function fold(guard: WatchedPosition, now: number): Outcome {
  if (guard.isFrozen) return foldFrozen(guard, now)
  try {
    return catchUp(guard, now)
  } catch {
    return foldFrozen(guard, now)
  }
}

function foldFrozen(guard: WatchedPosition, now: number): Outcome {
  const decision = testFrozen(guard, now)
  return decision === undefined ? frozen(guard) : { kind: 'exit', decision }
}

/**
 * The final levels of a position whose rules are no longer evaluated: those of the best price so
 * far, as far as the rules still answer, and never a looser stop than the last one.
 */
export function lastLevels(guard: WatchedPosition, now: number): Merged {
  const { merged, position, ruleSet, sign } = guard
  const levels = noLevels()
  try {
    merge(ruleSet, position, { best: sign * guard.bestNow(), at: now }, guard.lastGood(), levels)
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
function testFrozen(guard: WatchedPosition, now: number): Decision | undefined {
  const { merged, sign, position } = guard
  const { backlog } = guard.own.stream
  for (let index = backlog.indexOf(guard.since); index < backlog.length; index++) {
    const at = backlog.at[index]!
    if (at < guard.openedAt) continue
    if (merged.exitAt < at) return frozenDecision(guard, merged.exitBy, merged.exitAt, null)
    const price = backlog.price[index]!
    const tick = { seq: backlog.seq[index]!, instrument: position.instrument, price }
    if (sign * price <= merged.stop) return frozenDecision(guard, merged.stopBy, at, tick)
    if (sign * price >= merged.target) return frozenDecision(guard, merged.targetBy, at, tick)
  }
  return merged.exitAt < now ? frozenDecision(guard, merged.exitBy, merged.exitAt, null) : undefined
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
function frozen(guard: WatchedPosition): Armed {
  const { backlog } = guard.own.stream
  let { best, lastAt, quietMs } = guard
  for (let index = backlog.indexOf(guard.since); index < backlog.length; index++) {
    if (backlog.at[index]! >= guard.openedAt) {
      best = Math.max(best, guard.sign * backlog.price[index]!)
    }
    lastAt = backlog.at[index]!
    quietMs = backlog.quietMs[index]!
  }
  const { anchor, lo, hi, levelsUntil, until, merged, evaluatedAt } = guard
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
