import { WatchkeeperError } from '../errors.ts'
import type { Registered } from '../ports/state-repository.ts'
import { compileRuleSet } from '../risk/rule-set.ts'
import type { RuleSet } from '../risk/rule.ts'

/** The rule set of a position's row; its options were valid when they were written. */
export function ruleSetOf({ position, rules }: Pick<Registered, 'position' | 'rules'>): RuleSet {
  const { ruleSet, faults } = compileRuleSet(rules)
  if (ruleSet !== undefined) return ruleSet
  const [fault] = faults
  const where = `the rules of ${position.id}: ${fault!.path.join('.')}`
  const found = `found ${fault!.found}, expected ${fault!.expected}`
  throw new WatchkeeperError('BAD_RULES', `${where}: ${found}`)
}
