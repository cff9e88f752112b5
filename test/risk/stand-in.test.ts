import { expect } from 'chai'
import type { Decision } from '../../src/domain/decision.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { LevelRule, RuleSet } from '../../src/risk/rule.ts'
import { freeze, hasLevels, standIn, thaw } from '../../src/risk/stand-in.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { aPosition, aRuleSet, aSabotagedRuleSet } from '../support/builders.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

describe('standIn', () => {
  let decisions: Decision[]
  let dispatcher: SoloDispatcher
  let at: number

  beforeEach(() => {
    decisions = []
    at = 0
    // No position has a monitor: the stand-in decides for each that wakes.
    dispatcher = new SoloDispatcher({
      wake: watched => standIn(dispatcher, watched),
      exit: (_guard, decision) => decisions.push(decision),
    })
    dispatcher.advance(0)
  })

  function open(set: RuleSet, side: 'long' | 'short' = 'long'): WatchedPosition {
    const watched = dispatcher.open(aPosition({ side }), set)
    standIn(dispatcher, watched)
    return watched
  }

  const tick = (...prices: number[]): void => {
    for (const price of prices) {
      at += 10
      dispatcher.tick({ instrument: aPosition().instrument, ts: at, price }, at)
    }
  }

  const decided = (): unknown[] => decisions.map(({ reason, level }) => [reason, level])

  it('trails and exits like a monitor', () => {
    open(aRuleSet({ trailingStop: { distancePct: 10 } }))
    tick(120, 150, 140, 136, 200, 181)
    expect(decided()).to.deep.equal([])
    tick(180)
    expect(decided()).to.deep.equal([['trailing-stop', 180]])
  })

  it('keeps evaluating the last levels of rules that throw, tick by tick', () => {
    const { set, sabotage } = aSabotagedRuleSet(aRuleSet({ trailingStop: { distancePct: 10 } }))
    open(set)
    tick(150)
    sabotage(Infinity)
    tick(300, 200, 136)
    expect(decided()).to.deep.equal([])
    tick(135)
    expect(decided()).to.deep.equal([['trailing-stop', 135]])
  })

  it('keeps the deadline of rules that throw', () => {
    const { set, sabotage } = aSabotagedRuleSet(aRuleSet({ maxHold: { ms: 100 } }))
    open(set)
    sabotage(Infinity)
    dispatcher.advance(100)
    expect(decided()).to.deep.equal([])
    dispatcher.advance(101)
    expect(decisions.map(({ reason, at: when }) => [reason, when])).to.deep.equal([
      ['max-hold', 100],
    ])
  })

  it('freezes the stop of the best price so far, which no monitor had evaluated', () => {
    const watched = open(aRuleSet({ trailingStop: { distancePct: 10 }, takeProfit: { pct: 400 } }))
    tick(150, 152)
    freeze(dispatcher, watched)
    tick(400, 137)
    expect([decided(), watched.merged.stop, watched.bestNow()]).to.deep.equal([[], 136.8, 400])
    tick(136.8)
    expect(decided()).to.deep.equal([['trailing-stop', 136.8]])
  })

  it('freezes target and deadline too, of a short as well', () => {
    const watched = open(aRuleSet({ takeProfit: { pct: 10 }, maxHold: { ms: 500 } }), 'short')
    freeze(dispatcher, watched)
    tick(120, 91, 120)
    expect(decided()).to.deep.equal([])
    tick(90)
    expect(decided()).to.deep.equal([['take-profit', 90]])
    const other = open(aRuleSet({ maxHold: { ms: 500 } }))
    freeze(dispatcher, other)
    dispatcher.advance(501)
    expect(decided()).to.deep.equal([
      ['take-profit', 90],
      ['max-hold', null],
    ])
  })

  it('never freezes a looser stop than the last one', () => {
    const { set, sabotage } = aSabotagedRuleSet(aRuleSet({ trailingStop: { distancePct: 10 } }))
    const watched = open(set)
    tick(150)
    sabotage(Infinity)
    freeze(dispatcher, watched)
    expect([watched.isFrozen, watched.merged.stop, hasLevels(watched)]).to.deep.equal([
      true,
      135,
      true,
    ])
  })

  it('decides, rather than freezes, what has already crossed', () => {
    const watched = open(aRuleSet({ stopLoss: { pct: 5 } }))
    dispatcher.suspend(watched)
    tick(90)
    freeze(dispatcher, watched)
    expect([decided(), watched.isFrozen, watched.closed]).to.deep.equal([
      [['stop-loss', 95]],
      false,
      true,
    ])
  })

  it('continues with the best price since then once it is thawed', () => {
    const watched = open(aRuleSet({ trailingStop: { distancePct: 10 } }))
    tick(150)
    freeze(dispatcher, watched)
    tick(200)
    thaw(dispatcher, watched)
    standIn(dispatcher, watched)
    tick(181)
    expect(decided()).to.deep.equal([])
    tick(180)
    expect(decided()).to.deep.equal([['trailing-stop', 180]])
  })

  it('counts consecutive catch-ups in which a rule throws, and resets the count when it answers', () => {
    let isBroken = false
    const rule: LevelRule = {
      kind: 'levels',
      reason: 'custom',
      arm: (_position, best) => {
        if (isBroken) throw new Error('broken')
        return { stop: best - 10 }
      },
    }
    const watched = open({ names: ['custom'], rules: [rule] })
    const run = (): void => {
      dispatcher.suspend(watched)
      dispatcher.commit(watched, catchUp(watched, dispatcher.now))
    }
    isBroken = true
    run()
    run()
    expect([watched.ruleErrors, watched.merged.errors]).to.deep.equal([2, 1])
    isBroken = false
    run()
    expect(watched.ruleErrors).to.equal(0)
  })
})
