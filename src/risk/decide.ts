import type { DecidingTick, Decision } from '../domain/decision.ts'
import { signOf, type Position } from '../domain/position.ts'
import { EXIT_REASONS, FOLLOWING_REASONS, type ExitReason } from '../domain/reason.ts'
import { armAlone, type LastGood } from './merge.ts'
import type { RuleSet } from './rule.ts'

/** What is known at the moment of a decision; prices as they are, not mirrored. */
export interface Moment {
  readonly best: number
  /** Epoch ms. */
  readonly at: number
  /** Price of the own instrument, when its tick is being tested. */
  readonly price?: number
  /** Price of the other instrument, when its tick is being tested. */
  readonly otherPrice?: number
  readonly anchor?: number | undefined
  /** Time from which the own price counts as stale; Infinity without such a rule. */
  readonly staleAt: number
  readonly tick: DecidingTick | null
  readonly last: LastGood
}

interface Match {
  readonly reason: ExitReason
  /** Null: a matter of time alone. */
  readonly level: number | null
}

const FIRST_FOLLOWING = EXIT_REASONS.indexOf('trailing-stop')

/** Tests every rule at one moment. Undefined when none holds. */
export function decide(position: Position, set: RuleSet, moment: Moment): Decision | undefined {
  const matches = set.rules.flatMap((rule, index) => {
    switch (rule.kind) {
      case 'levels': {
        const { levels } = armAlone({ rule, index, position }, moment, moment.last)
        return matchLevels(rule.reason, levels, position, moment)
      }
      case 'underlying': {
        if (moment.otherPrice === undefined) return []
        const { below = -Infinity, above = Infinity } = rule.bounds(moment.anchor)
        if (moment.otherPrice <= below) return [{ reason: rule.reason, level: below }]
        return moment.otherPrice >= above ? [{ reason: rule.reason, level: above }] : []
      }
      case 'stale-quote':
        return rule.action === 'exit' && moment.staleAt <= moment.at
          ? [{ reason: rule.reason, level: null }]
          : []
    }
  })
  if (matches.length === 0) return undefined
  return decision(position, inOrder(matches, position), moment)
}

function matchLevels(
  reason: ExitReason,
  { stop, target, exitAt }: { stop?: number; target?: number; exitAt?: number },
  { side }: Position,
  { price, at }: Moment,
): Match[] {
  const sign = signOf(side)
  if (price !== undefined && stop !== undefined && sign * price <= sign * stop) {
    return [{ reason, level: stop }]
  }
  if (price !== undefined && target !== undefined && sign * price >= sign * target) {
    return [{ reason, level: target }]
  }
  return exitAt !== undefined && exitAt <= at ? [{ reason, level: null }] : []
}

/** The order of a decision: by importance; rules that follow the best price by tightness. */
function inOrder(matches: readonly Match[], { side }: Position): readonly Match[] {
  const sign = signOf(side)
  const rank = ({ reason }: Match): number =>
    FOLLOWING_REASONS.has(reason) ? FIRST_FOLLOWING : EXIT_REASONS.indexOf(reason)
  const tightness = ({ reason, level }: Match): number =>
    FOLLOWING_REASONS.has(reason) && level !== null ? sign * level : 0
  return matches.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      tightness(b) - tightness(a) ||
      EXIT_REASONS.indexOf(a.reason) - EXIT_REASONS.indexOf(b.reason),
  )
}

function decision(position: Position, matches: readonly Match[], moment: Moment): Decision {
  const first = matches[0]!
  return {
    positionId: position.id,
    instrument: position.instrument,
    side: position.side,
    reason: first.reason,
    matched: matches.map(match => match.reason),
    at: moment.at,
    tick: first.level === null ? null : moment.tick,
    level: first.level,
    best: moment.best,
    priceSource: position.priceSource,
  }
}
