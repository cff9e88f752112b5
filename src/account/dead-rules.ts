import type { RuleSet } from '../risk/rule.ts'
import { deadRules } from '../risk/self-test.ts'
import type { Account } from './account.ts'

/**
 * Journals each rule that can never fire, once for each rule set and side. It covers positions from an earlier
 * process and from the API; those of the positions file are judged when the file is read.
 */
export function noteDeadRules(account: Pick<Account, 'engine' | 'note'>): void {
  const tested = new Map<RuleSet, Set<string>>()
  for (const { watched } of account.engine.registry.all()) {
    const { ruleSet, position } = watched
    const sides = tested.get(ruleSet) ?? new Set()
    tested.set(ruleSet, sides)
    if (watched.closed || sides.has(position.side)) continue
    sides.add(position.side)
    for (const { rule, why } of deadRules(ruleSet, position)) {
      account.note('rule-cannot-fire', { rule, why, for: position.id })
    }
  }
}
