import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { RuleSet } from '../../src/risk/rule.ts'
import { freeze } from '../../src/risk/stand-in.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

describe('RuleTally', () => {
  const start = (set: RuleSet) => {
    const dispatcher: SoloDispatcher = new SoloDispatcher({
      wake: watched => dispatcher.commit(watched, catchUp(watched, dispatcher.now)),
      exit: () => undefined,
    })
    const watched = dispatcher.open(aPosition(), set)
    dispatcher.commit(watched, catchUp(watched, dispatcher.now))
    const tick = (price: number, ts: number): void =>
      dispatcher.tick({ instrument: watched.position.instrument, ts, price }, ts)
    const counts = (name: string) => dispatcher.sink.tally.counts.get(name)
    return { dispatcher, watched, tick, counts }
  }

  const armed = ({ sink: { tally } }: SoloDispatcher, set: RuleSet): string[] => {
    const counts = tally.holders.get(set)
    return set.names.filter((_name, index) => counts?.armed[index] === 1)
  }

  it('counts the rule that throws, and not its neighbours', () => {
    const set = aRuleSet({ stopLoss: { pct: 5 }, takeProfit: { pct: 10 } })
    const { rules, names } = set
    let isBroken = false
    const broken = {
      ...rules[1]!,
      arm: () => {
        if (isBroken) throw new Error('broken')
        return { target: 110 }
      },
    }
    const { tick, counts } = start({ names, rules: [rules[0]!, broken] })
    tick(100, 1)
    isBroken = true
    tick(107, 2)
    expect(counts('takeProfit')?.errored).to.be.greaterThan(0)
    expect(counts('stopLoss')?.errored).to.equal(0)
  })

  it('counts the rules that decided, and no others', () => {
    const { tick, counts } = start(aRuleSet({ stopLoss: { pct: 5 }, takeProfit: { pct: 10 } }))
    tick(100, 1)
    tick(94, 2)
    expect([counts('stopLoss')?.fired, counts('takeProfit')?.fired]).to.deep.equal([1, 0])
    expect(counts('stopLoss')?.evaluated).to.be.at.least(2)
  })

  it('evaluates nothing for a tick inside the band', () => {
    const { tick, counts } = start(aRuleSet({ stopLoss: { pct: 5 }, takeProfit: { pct: 10 } }))
    tick(100, 1)
    tick(100.01, 2)
    const before = counts('stopLoss')!.evaluated
    for (let seq = 3; seq < 100; seq++) tick(100.01 + seq / 10_000, seq)
    expect(counts('stopLoss')?.evaluated).to.equal(before)
  })

  it('finds a trail armed from its activation on', () => {
    const { dispatcher, watched, tick } = start(
      aRuleSet({ trailingStop: { distancePct: 2, activateAtPct: 5 }, stopLoss: { pct: 5 } }),
    )
    tick(100, 1)
    expect(armed(dispatcher, watched.ruleSet)).to.deep.equal(['stopLoss'])
    tick(106, 2)
    expect(armed(dispatcher, watched.ruleSet)).to.deep.equal(['stopLoss', 'trailingStop'])
  })

  it('counts what each position could be exited by until it is closed or frozen, as a plain count does', () => {
    const set = aRuleSet({
      trailingStop: { distancePct: 50, activateAtPct: 5 },
      underlying: { instrument: 'GLOBEX', risePct: 90 },
      staleQuote: { afterMs: 60_000, action: 'exit' },
    })
    const dispatcher: SoloDispatcher = new SoloDispatcher({
      wake: watched => dispatcher.commit(watched, catchUp(watched, dispatcher.now)),
      exit: () => undefined,
    })
    const guards = Array.from({ length: 4 }, (_, index) => {
      const watched = dispatcher.open(aPosition({ id: positionId(`p${index}`) }), set)
      dispatcher.commit(watched, catchUp(watched, dispatcher.now))
      return watched
    })
    const found = () => dispatcher.sink.tally.holders.get(set)
    const byName = () => Object.fromEntries(set.names.map((name, at) => [name, found()?.armed[at]]))
    expect(byName()).to.deep.equal({ trailingStop: 0, underlying: 0, staleQuote: 4 })
    dispatcher.tick({ instrument: instrumentId('GLOBEX'), ts: 1, price: 10 }, 1)
    dispatcher.tick({ instrument: guards[0]!.position.instrument, ts: 2, price: 106 }, 2)
    expect(byName()).to.deep.equal({ trailingStop: 4, underlying: 4, staleQuote: 4 })
    freeze(dispatcher, guards[0]!)
    dispatcher.close(guards[1]!)
    dispatcher.close(guards[1]!)
    expect([found()?.count, byName()]).to.deep.equal([
      3,
      { trailingStop: 3, underlying: 2, staleQuote: 2 },
    ])
    for (const watched of guards) dispatcher.close(watched)
    expect(found()).to.equal(undefined)
  })
})
