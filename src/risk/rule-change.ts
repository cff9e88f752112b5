import { signOf, type Position } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import { loosening, type Reached } from './looser.ts'
import { merge, noLevels, type LastGood } from './merge.ts'
import { looserByOptions } from './rule-set.ts'
import type { RuleSet } from './rule.ts'
import type { Standing } from './standing.ts'

/** The two levels in force. */
export type LevelPair = Pick<Standing, 'stop' | 'target'>

/** What becomes of one rule when a position gets other rules. */
export interface RuleChange {
  /** Name in the config. */
  readonly rule: string
  readonly change: 'added' | 'removed' | 'changed'
  /** Why the position could be exited later than before; absent: it cannot. */
  readonly loosens?: string
}

/** The tightest levels that rules give a position, in prices as they are. */
export function levelsAt(position: Position, ruleSet: RuleSet, asked: LastGood): LevelPair {
  const sign = signOf(position.side)
  const merged = merge(ruleSet, position, asked, asked, noLevels())
  return {
    stop: merged.stopBy === -1 ? null : sign * merged.stop,
    target: merged.targetBy === -1 ? null : sign * merged.target,
  }
}

/** What becomes of each rule, in the order of the registry; rules that stay as they are left out. */
export function ruleChanges(before: RuleSet, after: RuleSet, reached: Reached): RuleChange[] {
  const changes: RuleChange[] = []
  before.names.forEach((rule, index) => {
    const old = before.rules[index]!
    const next = after.rules[after.names.indexOf(rule)]
    if (next === undefined) {
      changes.push({ rule, change: 'removed', loosens: 'it goes' })
    } else if (next !== old) {
      const byOptions = looserByOptions(rule, [old, next], reached.position)
      const loosens = byOptions === false ? loosening(old, next, reached) : byOptions
      changes.push({ rule, change: 'changed', ...(loosens !== undefined && { loosens }) })
    }
  })
  const added = after.names.filter(rule => !before.names.includes(rule))
  return [...changes, ...added.map((rule): RuleChange => ({ rule, change: 'added' }))]
}

/** Throws LOOSENS if a rule loosens, or the stop in force goes or gets farther. */
export function refuseLooser(
  { side }: Position,
  changes: readonly RuleChange[],
  { present, next }: { readonly present: LevelPair; readonly next: LevelPair },
): void {
  const why = changes.flatMap(({ rule, loosens }) => (loosens ? [`${rule}: ${loosens}`] : []))
  const sign = signOf(side)
  const { stop } = present
  // A rule that threw has left a stop behind that its options no longer give.
  if (why.length === 0 && stop !== null && !(sign * (next.stop ?? NaN) >= sign * stop)) {
    why.push(`${next.stop === null ? 'no stop' : `a stop at ${next.stop}`} in place of ${stop}`)
  }
  if (why.length === 0) return
  const text = `the new rules loosen: found ${why.join('; ')}`
  throw new WatchkeeperError('LOOSENS', `${text}; expected rules that only tighten, or force`)
}
