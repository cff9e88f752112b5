import { signOf, type Position } from '../domain/position.ts'
import type { LevelRule, Levels, RuleSet } from './rule.ts'

/**
 * The levels of all rules of a position as one, in mirrored prices (price × sign of the side), so
 * that every position reads like a long: exit at price ≤ stop or price ≥ target. Infinite: none.
 * `…By` is the index of the rule in its set, −1 for none.
 */
export interface Merged {
  stop: number
  stopBy: number
  target: number
  targetBy: number
  /** Next best price at which some rule's levels change form. */
  ratchet: number
  exitAt: number
  exitBy: number
  /** Earliest time at which anything changes or exits. */
  until: number
  /** Rules that threw in this evaluation; their last levels were taken. */
  errors: number
  /** Which rules those were, and which have a level or a deadline: bit `1 << index`. */
  failed: number
  armed: number
}

/** The last evaluation: what a rule that throws falls back to. */
export interface LastGood {
  readonly best: number
  readonly at: number
  /** What it gave: what counts for a rule that throws even at the best price and time of then. */
  readonly merged?: Merged
}

/** A merge without any level. */
export const noLevels = (): Merged => ({
  stop: -Infinity,
  stopBy: -1,
  target: Infinity,
  targetBy: -1,
  ratchet: Infinity,
  exitAt: Infinity,
  exitBy: -1,
  until: Infinity,
  errors: 0,
  failed: 0,
  armed: 0,
})

const NOTHING: Levels = {}

/**
 * Levels of the rule at `index` of its set, called alone: one that throws keeps its last levels and
 * harms no other rule.
 */
export function armAlone(
  { rule, index, position }: { rule: LevelRule; index: number; position: Position },
  asked: LastGood,
  last: LastGood,
): { levels: Levels; failed: boolean } {
  try {
    return { levels: rule.arm(position, asked.best, asked.at), failed: false }
  } catch {
    return {
      levels: lastLevels(rule, position, last) ?? keptLevels(index, position, last),
      failed: true,
    }
  }
}

function lastLevels(rule: LevelRule, position: Position, last: LastGood): Levels | undefined {
  try {
    return rule.arm(position, last.best, last.at)
  } catch {
    return undefined
  }
}

/** Of what was in force, the part that this rule had given: a looser level of its own was not. */
function keptLevels(index: number, position: Position, { merged }: LastGood): Levels {
  if (merged === undefined) return NOTHING
  const { stop, stopBy, target, targetBy, exitAt, exitBy } = merged
  const sign = signOf(position.side)
  return {
    ...(stopBy === index && { stop: sign * stop }),
    ...(targetBy === index && { target: sign * target }),
    ...(exitBy === index && { exitAt }),
  }
}

/**
 * Asks every rule for its levels at the best price and time asked for and keeps the
 * tightest of each kind. Writes into `out`, which the caller owns, and gives it back.
 */
export function merge(
  set: RuleSet,
  position: Position,
  asked: LastGood,
  last: LastGood,
  out: Merged,
): Merged {
  const sign = signOf(position.side)
  out.stop = -Infinity
  out.stopBy = -1
  out.target = Infinity
  out.targetBy = -1
  out.ratchet = Infinity
  out.exitAt = Infinity
  out.exitBy = -1
  out.until = Infinity
  out.errors = 0
  out.failed = 0
  out.armed = 0
  const { rules } = set
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index]!
    if (rule.kind !== 'levels') continue
    const { levels, failed } = armAlone({ rule, index, position }, asked, last)
    if (failed) {
      out.errors++
      out.failed |= 1 << index
    }
    tighten(out, levels, sign, index)
  }
  return out
}

function tighten(out: Merged, levels: Levels, sign: 1 | -1, index: number): void {
  const { stop, target, ratchet, exitAt, rearmAt } = levels
  if (stop !== undefined || target !== undefined || exitAt !== undefined) out.armed |= 1 << index
  if (stop !== undefined && sign * stop > out.stop) {
    out.stop = sign * stop
    out.stopBy = index
  }
  if (target !== undefined && sign * target < out.target) {
    out.target = sign * target
    out.targetBy = index
  }
  if (ratchet !== undefined && sign * ratchet < out.ratchet) out.ratchet = sign * ratchet
  if (exitAt !== undefined && exitAt < out.exitAt) {
    out.exitAt = exitAt
    out.exitBy = index
    if (exitAt < out.until) out.until = exitAt
  }
  if (rearmAt !== undefined && rearmAt < out.until) out.until = rearmAt
}
