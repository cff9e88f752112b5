import type { Decision } from '../../src/domain/decision.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import type { RuleSet } from '../../src/risk/rule.ts'

/** One long ACME at 100, opened at time 0; `but` is what the test is about. */
export const aPosition = (but: Partial<Position> = {}): Position => ({
  id: positionId('p1'),
  instrument: instrumentId('ACME'),
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  openedAt: 0,
  multiplier: 1,
  priceSource: 'trade',
  ...but,
})

/** A decision to exit the position on its stop. */
export const aDecision = (position: Position = aPosition()): Decision => ({
  positionId: position.id,
  instrument: position.instrument,
  side: position.side,
  reason: 'stop-loss',
  matched: ['stop-loss'],
  at: 1_000,
  tick: { seq: 1, instrument: position.instrument, price: 95 },
  level: 95,
  best: 100,
  priceSource: position.priceSource,
})

/** A rule set from its options; throws on a fault. */
export function aRuleSet(options: Record<string, unknown>): RuleSet {
  const { ruleSet, faults } = compileRuleSet(options)
  if (ruleSet === undefined) throw new Error(JSON.stringify(faults))
  return ruleSet
}

/** A rule set that throws when its rules are read, the next `times` times after `sabotage`. */
export function aSabotagedRuleSet(set: RuleSet): {
  set: RuleSet
  sabotage: (times: number) => void
} {
  let left = 0
  const rules = new Proxy([...set.rules], {
    get(target, key, receiver) {
      if (key === 'length' && left > 0) {
        left--
        throw new Error('sabotage')
      }
      return Reflect.get(target, key, receiver) as unknown
    },
  })
  return { set: { ...set, rules }, sabotage: times => (left = times) }
}
