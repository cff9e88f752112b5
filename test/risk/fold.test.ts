import { expect } from 'chai'
import type { Decision } from '../../src/domain/decision.ts'
import type { Position } from '../../src/domain/position.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { aPosition, aRuleSet, aSabotagedRuleSet } from '../support/builders.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

describe('fold', () => {
  let decisions: Decision[]
  let dispatcher: SoloDispatcher
  let at: number

  beforeEach(() => {
    decisions = []
    at = 0
    dispatcher = new SoloDispatcher({
      wake: () => undefined,
      exit: (_guard, decision) => decisions.push(decision),
      backlogLimit: 3,
    })
  })

  function open(position: Position, options: Record<string, unknown>) {
    const { set, sabotage } = aSabotagedRuleSet(aRuleSet(options))
    const watched: WatchedPosition = dispatcher.open(position, set)
    const arm = (): void => dispatcher.commit(watched, catchUp(watched, dispatcher.now))
    return { watched, sabotage, arm }
  }

  const tick = (...prices: number[]): void => {
    for (const price of prices) {
      at += 10
      dispatcher.tick({ instrument: aPosition().instrument, ts: at, price }, at)
    }
  }

  it('decides in place of a monitor that never answers', () => {
    open(aPosition(), { trailingStop: { distancePct: 10 } })
    tick(110, 120, 119)
    expect(decisions).to.deep.equal([])
    tick(109, 108, 107)
    expect(decisions.map(({ reason, level, at: when }) => ({ reason, level, when }))).to.deep.equal(
      [{ reason: 'trailing-stop', level: 108, when: 50 }],
    )
  })

  it('falls back to the last stop when the replay itself throws', () => {
    const { sabotage, arm, watched } = open(aPosition(), { stopLoss: { pct: 5 } })
    dispatcher.advance(0)
    arm()
    sabotage(Infinity)
    tick(94, 200, 200)
    expect(decisions.map(({ reason, level, tick: by }) => [reason, level, by?.seq])).to.deep.equal([
      ['stop-loss', 95, 1],
    ])
    expect(watched.closed).to.equal(true)
  })

  it('falls back to the last target, and keeps the best price of a short', () => {
    const { sabotage, arm, watched } = open(aPosition({ side: 'short' }), {
      takeProfit: { pct: 5 },
    })
    dispatcher.advance(0)
    arm()
    sabotage(Infinity)
    dispatcher.advance(1)
    watched.suspend(dispatcher.seq + 1)
    tick(99, 97, 98)
    expect([decisions.length, watched.best]).to.deep.equal([0, -97])
    tick(95, 96, 96)
    expect(decisions.map(({ reason, level, best }) => [reason, level, best])).to.deep.equal([
      ['take-profit', 95, 97],
    ])
  })

  it('falls back to the last deadline', () => {
    const { sabotage, arm, watched } = open(aPosition(), { maxHold: { ms: 15 } })
    dispatcher.advance(0)
    arm()
    sabotage(Infinity)
    watched.suspend(dispatcher.seq + 1)
    tick(100, 101, 102)
    expect(decisions.map(({ reason, at: when, tick: by }) => [reason, when, by])).to.deep.equal([
      ['max-hold', 15, null],
    ])
  })
})
