import { expect } from 'chai'
import { refuseLooser, ruleChanges } from '../../src/risk/rule-change.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

const position = aPosition()
const reached = { position, best: position.entryPrice, at: position.openedAt }
const FULL = { stopLoss: { pct: 5 }, maxHold: { ms: 1_000 }, takeProfit: { pct: 10 } }

const changes = (before: object, after: object) =>
  ruleChanges(aRuleSet({ ...before }), aRuleSet({ ...after }), reached)

describe('ruleChanges', () => {
  it('names each rule that is added, removed or changed, and what it loosens', () => {
    const { maxHold: _gone, ...rest } = FULL
    const after = { ...rest, stopLoss: { pct: 4 }, takeProfit: { pct: 11 }, profitFloor: FLOOR }
    expect(changes(FULL, after)).to.deep.equal([
      { rule: 'stopLoss', change: 'changed' },
      { rule: 'takeProfit', change: 'changed', loosens: 'a target at 111 in place of 110' },
      { rule: 'maxHold', change: 'removed', loosens: 'it goes' },
      { rule: 'profitFloor', change: 'added' },
    ])
  })

  it('names no rule that stays as it is, however its options are ordered', () => {
    const ordered = { steps: [{ atPct: 2, lockPct: 1 }] }
    const otherwise = { steps: [{ lockPct: 1, atPct: 2 }] }
    expect(changes({ profitLock: ordered }, { profitLock: otherwise })).to.deep.equal([])
  })
})

describe('refuseLooser', () => {
  const none = { stop: null, target: null }

  it('names every rule that loosens', () => {
    const loosened = changes(FULL, { stopLoss: { pct: 6 } })
    expect(() => refuseLooser(position, loosened, { present: none, next: none })).to.throw(
      'the new rules loosen: found stopLoss: a stop at 94 in place of 95; takeProfit: it goes; ' +
        'maxHold: it goes; expected rules that only tighten, or force',
    )
  })

  it('refuses to drop a stop that a throwing rule has left in force', () => {
    const present = { stop: 97, target: null }
    const given = { present, next: { stop: 95, target: null } }
    expect(() => refuseLooser(position, [], given)).to.throw('a stop at 95 in place of 97')
    expect(() => refuseLooser(position, [], { present, next: none })).to.throw('no stop in place')
    expect(() => refuseLooser(position, [], { present, next: present })).not.to.throw()
  })
})

const FLOOR = { keepPct: 50, activateAtPct: 2 }
