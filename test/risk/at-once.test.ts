import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import { immediateExit, refuseImmediateExit, type Beginning } from '../../src/risk/at-once.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

const position = aPosition({ openedAt: 1_000_000 })
const unknown: Beginning = {
  at: 1_000_000,
  best: 100,
  price: NaN,
  pricedAt: -Infinity,
  quietMs: Infinity,
  priceOf: () => NaN,
}

const why = (rules: object, but: Partial<Beginning>): string | undefined =>
  immediateExit(position, aRuleSet({ ...rules }), { ...unknown, ...but })

describe('what would exit a position at once', () => {
  it('is a price at or past a stop or a target', () => {
    const rules = { stopLoss: { pct: 5 }, takeProfit: { pct: 5 } }
    expect(why(rules, { price: 95 })).to.equal('the price 95 is past the stop 95 of stopLoss')
    expect(why(rules, { price: 106 })).to.match(/106 is past the target 105 of takeProfit/)
    expect(why(rules, { price: 95.01 })).to.equal(undefined)
    expect(why(rules, {})).to.equal(undefined)
  })

  it('is a time that is past', () => {
    const hold = { maxHold: { ms: 60_000 } }
    expect(why(hold, { at: 1_060_000 })).to.equal(
      'the time of maxHold is past (1970-01-01T00:17:40Z)',
    )
    expect(why(hold, { at: 1_059_999 })).to.equal(undefined)
    const close = { sessionEnd: { at: '00:30', timezone: 'UTC', days: 'all' } }
    expect(why(close, { at: 1_800_000 })).to.match(/sessionEnd is past/)
  })

  it('is a price that has been quiet for too long', () => {
    const quiet = { staleQuote: { afterMs: 5_000, action: 'exit' } }
    expect(why(quiet, { at: 1_009_000, pricedAt: 1_004_000 })).to.match(/staleQuote is past/)
    expect(why(quiet, { at: 1_009_000, pricedAt: 1_004_001 })).to.equal(undefined)
    expect(why({ staleQuote: { afterMs: 5_000 } }, { at: 9_000_000 })).to.equal(undefined)
  })

  it('is a bound of another instrument that has been crossed', () => {
    const bound = { underlying: { instrument: 'INDEX', below: 90, above: 110 } }
    const at = (price: number) => ({
      priceOf: (name: string) => (name === instrumentId('INDEX') ? price : NaN),
    })
    expect(why(bound, at(90))).to.match(/the price 90 of INDEX is past the bound 90/)
    expect(why(bound, at(110))).to.match(/110 of INDEX is past the bound 110/)
    expect(why(bound, at(100))).to.equal(undefined)
    const share = { underlying: { instrument: 'INDEX', fallPct: 5 } }
    expect(why(share, { ...at(90), anchor: 100 })).to.match(/past the bound 95/)
    expect(why(share, at(90))).to.equal(undefined)
  })

  it('is refused with the way out', () => {
    const refused = () =>
      refuseImmediateExit(position, aRuleSet({ stopLoss: { pct: 5 } }), { ...unknown, price: 90 })
    expect(refused).to.throw(/found that the price 90 .*; expected rules that wait, or exitNow/)
  })
})
