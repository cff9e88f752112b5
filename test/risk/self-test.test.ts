import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { deadRules } from '../../src/risk/self-test.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

const dead = (rules: Record<string, unknown>, but = {}): string[] =>
  deadRules(aRuleSet(rules), aPosition(but)).map(({ rule }) => rule)

describe('deadRules', () => {
  it('finds a stop that no price above 0 reaches', () => {
    expect(dead({ stopLoss: { amount: 200 } })).to.deep.equal(['stopLoss'])
    expect(dead({ stopLoss: { amount: 200 } }, { side: 'short' })).to.deep.equal([])
  })

  it('finds a target that a short can never earn', () => {
    expect(dead({ takeProfit: { pct: 120 } }, { side: 'short' })).to.deep.equal(['takeProfit'])
    expect(dead({ takeProfit: { pct: 120 } })).to.deep.equal([])
  })

  it('lets a target of a long at 0 or below fire, as every price reaches it', () => {
    for (const pct of [-100, -150]) {
      expect(dead({ takeProfit: { schedule: [{ afterMs: 2_000, pct }] } })).to.deep.equal([])
    }
    const late = { sessionEnd: { at: '15:55', timezone: 'UTC', minProfitAmount: -100 } }
    expect(dead(late)).to.deep.equal([])
  })

  it('finds a trail as long as the price is high', () => {
    expect(dead({ trailingStop: { distancePct: 10, activateAtPct: 1e7 } })).to.deep.equal([
      'trailingStop',
    ])
  })

  it('finds a rule that throws, and reports the error', () => {
    const set = {
      names: ['mine'],
      rules: [
        {
          kind: 'levels' as const,
          reason: 'custom' as const,
          arm: () => {
            throw new Error('no such thing')
          },
        },
      ],
    }
    expect(deadRules(set, aPosition())).to.deep.equal([
      { rule: 'mine', why: 'it throws: no such thing' },
    ])
  })

  it('finds an underlying rule without an instrument', () => {
    const set = aRuleSet({ underlying: { below: 50 } })
    expect(deadRules(set, aPosition()).map(({ rule }) => rule)).to.deep.equal(['underlying'])
    expect(deadRules(set, aPosition({ underlying: instrumentId('X') }))).to.deep.equal([])
  })

  it('lets every rule of both sides fire that can, also behind activations, tiers and times', () => {
    const rules = {
      stopLoss: { pct: 5 },
      takeProfit: { schedule: [{ afterMs: 60_000, pct: 5 }] },
      trailingStop: { tiers: [{ atPct: 3, distancePct: 2 }] },
      profitLock: { steps: [{ atPct: 10, lockPct: 5 }] },
      maxHold: { ms: 1_000 },
      staleQuote: { afterMs: 1_000, action: 'exit' },
    }
    for (const side of ['long', 'short']) expect(dead(rules, { side })).to.deep.equal([])
  })

  it('accepts a stale-quote rule that only alerts', () => {
    expect(dead({ staleQuote: { afterMs: 1_000, action: 'alert' } })).to.deep.equal([])
  })
})
