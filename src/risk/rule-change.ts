import { type Position, signOf } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import { type LastGood, merge, noLevels } from './merge.ts'
import type { RuleSet } from './rule.ts'
import type { Standing } from './standing.ts'

type LevelPair = Pick<Standing, 'stop' | 'target'>

/** The tightest levels that rules give a position, in prices as they are. */
export function levelsAt(position: Position, ruleSet: RuleSet, asked: LastGood): LevelPair {
  const sign = signOf(position.side)
  const merged = merge(ruleSet, position, asked, asked, noLevels())
  return {
    stop: merged.stopBy === -1 ? null : sign * merged.stop,
    target: merged.targetBy === -1 ? null : sign * merged.target,
  }
}

/** Throws LOOSENS if the new stop protects less than the present one. */
export function refuseLooser({ side }: Position, present: LevelPair, next: LevelPair): void {
  if (present.stop === null) return
  const sign = signOf(side)
  if (next.stop !== null && sign * next.stop >= sign * present.stop) return
  const found = next.stop === null ? 'no stop' : `a stop at ${next.stop}`
  const text = `the new rules loosen: found ${found}, expected one at ${present.stop} or tighter`
  throw new WatchkeeperError('LOOSENS', `${text}, or force`)
}

/** Throws EXITS_AT_ONCE if the price is past a level. A price of NaN is past none. */
export function refuseCrossed(
  { side }: Position,
  { stop, target }: LevelPair,
  price: number,
): void {
  const sign = signOf(side)
  const isPast =
    (stop !== null && sign * price <= sign * stop) ||
    (target !== null && sign * price >= sign * target)
  if (!isPast) return
  const levels = [stop !== null && `stop ${stop}`, target !== null && `target ${target}`]
  const text = levels.filter(Boolean).join(', ')
  throw new WatchkeeperError(
    'EXITS_AT_ONCE',
    `the price ${price} is past a level already (${text}): expected levels around it, or exitNow`,
  )
}
