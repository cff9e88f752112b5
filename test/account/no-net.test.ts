import { expect } from 'chai'
import { noNetFor } from '../../src/account/no-net.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import { aPosition } from '../support/builders.ts'
import { FUTURES, STOPS } from '../support/net-venue.ts'

describe('noNetFor', () => {
  const why = (rules: object, but: object = {}, restingStop = STOPS): string | undefined => {
    const { ruleSet } = compileRuleSet({ ...rules })
    const position = aPosition({ side: 'short', entryPrice: 100 })
    const capabilities = { ...FUTURES, restingStop, ...but }
    return noNetFor({ position, ruleSet: ruleSet! }, { capabilities, listsOrders: false, spec: {} })
  }
  const NET = { net: { beyondPct: 2 }, stopLoss: { pct: 5 } }

  it('names what the venue lacks', () => {
    expect(why(NET, { lookup: 'open-only' })).to.include('lookup: complete')
    expect(why(NET, { reduceOnly: false })).to.include('openOrders')
  })

  it('names the distance of a trigger that the venue would not take at the entry', () => {
    expect(why(NET, {}, { ...STOPS, maxDistancePct: 7 })).to.match(
      /would lie 7\.1 % from .*at most 7 %/,
    )
    expect(why(NET, {}, { ...STOPS, maxDistancePct: 8 })).to.equal(undefined)
  })

  it('is nothing for rules without a net, and for a net without a stop at the entry', () => {
    expect(why({ stopLoss: { pct: 5 } }, { lookup: 'none' })).to.equal(undefined)
    expect(why({ net: {}, maxHold: { ms: 1_000 } }, {}, { ...STOPS, maxDistancePct: 7 })).to.equal(
      undefined,
    )
  })
})
