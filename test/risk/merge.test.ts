import { expect } from 'chai'
import { merge, noLevels } from '../../src/risk/merge.ts'
import type { LevelRule, Levels, RuleSet } from '../../src/risk/rule.ts'
import { aPosition } from '../support/builders.ts'

const ruleOf = (arm: LevelRule['arm']): LevelRule => ({ kind: 'levels', reason: 'custom', arm })
const setOf = (...rules: LevelRule[]): RuleSet => ({ names: rules.map(() => 'custom'), rules })
const fixed = (levels: Levels): LevelRule => ruleOf(() => levels)

const START = { best: 100, at: 0 }
const NOW = { best: 120, at: 50 }

describe('merge', () => {
  it('keeps the last levels of a rule that throws, and the others continue', () => {
    const throwing = ruleOf((_position, best) => {
      if (best > 110) throw new Error('a rule of our own')
      return { stop: best - 5 }
    })
    const set = setOf(throwing, fixed({ target: 130 }))
    const merged = merge(set, aPosition(), NOW, START, noLevels())
    expect([merged.stop, merged.target, merged.errors]).to.deep.equal([95, 130, 1])
  })

  it('keeps the levels of a rule that always throws, and nothing of others', () => {
    let isBroken = false
    const breaking = ruleOf((_position, best) => {
      if (isBroken) throw new Error('gone')
      return { stop: best - 5, exitAt: 900 }
    })
    const set = setOf(breaking, fixed({ stop: 90, target: 130 }))
    const before = merge(set, aPosition(), START, START, noLevels())
    isBroken = true
    const last = { ...START, merged: before }
    const once = merge(set, aPosition(), NOW, last, noLevels())
    expect([once.stop, once.stopBy, once.exitAt, once.target]).to.deep.equal([95, 0, 900, 130])
    const twice = merge(set, aPosition(), NOW, { ...NOW, merged: once }, noLevels())
    expect([twice.stop, twice.stopBy, twice.exitAt, twice.failed]).to.deep.equal([95, 0, 900, 1])
  })

  it('continues without a rule that never gave levels', () => {
    const throwing = ruleOf(() => {
      throw new Error('always')
    })
    const merged = merge(setOf(throwing), aPosition(), NOW, START, noLevels())
    expect([merged.stop, merged.errors]).to.deep.equal([-Infinity, 1])
    expect([merged.failed, merged.armed]).to.deep.equal([1, 0])
  })

  it('takes the tightest of each kind, and its rule', () => {
    const set = setOf(
      fixed({ stop: 90, target: 130, exitAt: 500 }),
      fixed({ stop: 95, ratchet: 115, rearmAt: 300 }),
      fixed({ target: 125, ratchet: 112, exitAt: 400 }),
    )
    expect(merge(set, aPosition(), START, START, noLevels())).to.deep.equal({
      stop: 95,
      stopBy: 1,
      target: 125,
      targetBy: 2,
      ratchet: 112,
      exitAt: 400,
      exitBy: 2,
      until: 300,
      errors: 0,
      failed: 0,
      armed: 0b111,
    })
  })

  it('mirrors the prices of a short', () => {
    const set = setOf(fixed({ stop: 110, target: 80 }), fixed({ stop: 105, target: 90 }))
    const { stop, target } = merge(set, aPosition({ side: 'short' }), START, START, noLevels())
    expect([stop, target]).to.deep.equal([-105, -90])
  })

  it('leaves nothing behind from its last use', () => {
    const out = noLevels()
    merge(
      setOf(fixed({ stop: 95, target: 120, ratchet: 1, exitAt: 1 })),
      aPosition(),
      START,
      START,
      out,
    )
    expect(merge(setOf(), aPosition(), START, START, out)).to.deep.equal(noLevels())
  })
})
