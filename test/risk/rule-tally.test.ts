import { expect } from 'chai'
import { catchUp } from '../../src/risk/catch-up.ts'
import { Dispatcher } from '../../src/risk/dispatcher.ts'
import { armedRules } from '../../src/risk/rule-tally.ts'
import type { RuleSet } from '../../src/risk/rule.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

describe('RuleTally', () => {
  const start = (set: RuleSet) => {
    const dispatcher: Dispatcher = new Dispatcher({
      wake: guard => dispatcher.commit(guard, catchUp(guard, dispatcher.now)),
      exit: () => undefined,
    })
    const guard = dispatcher.open(aPosition(), set)
    dispatcher.commit(guard, catchUp(guard, dispatcher.now))
    const tick = (price: number, ts: number): void =>
      dispatcher.tick({ instrument: guard.position.instrument, ts, price }, ts)
    const counts = (name: string) => dispatcher.tally.counts.get(name)
    return { dispatcher, guard, tick, counts }
  }

  const armed = (guard: WatchedPosition): string[] => {
    const { names } = guard.ruleSet
    const counts = names.map(() => 0)
    armedRules(guard, counts)
    return names.filter((_name, index) => counts[index] === 1)
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
    const { guard, tick } = start(
      aRuleSet({ trailingStop: { distancePct: 2, activateAtPct: 5 }, stopLoss: { pct: 5 } }),
    )
    tick(100, 1)
    expect(armed(guard)).to.deep.equal(['stopLoss'])
    tick(106, 2)
    expect(armed(guard)).to.deep.equal(['stopLoss', 'trailingStop'])
  })
})
