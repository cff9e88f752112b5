import { expect } from 'chai'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { amountAt, priceAtAmountOf, profitOf } from '../../src/domain/profit.ts'
import { ruleSetWarnings } from '../../src/risk/rule-set.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'

describe('profitOf', () => {
  it('has the sign of the side and counts the multiplier in the amount', () => {
    expect(profitOf(aPosition({ quantity: 2, multiplier: 10 }), 110)).to.deep.equal({
      profitPct: 10,
      profitAmount: 200,
    })
    expect(profitOf(aPosition({ quantity: 2, side: 'short' }), 110)).to.deep.equal({
      profitPct: -10,
      profitAmount: -20,
    })
  })

  it('is not negative zero at the entry price', () => {
    const { profitPct, profitAmount } = profitOf(aPosition({ quantity: 2, side: 'short' }), 100)
    expect([Object.is(profitPct, 0), Object.is(profitAmount, 0)]).to.deep.equal([true, true])
  })

  it('is what a decimal library says, to 15 digits', () => {
    // The double between may turn the last of the digits by one.
    const near = (exact: Decimal) => Math.abs(exact.toNumber()) * 1e-14
    const Exact = Decimal.clone({ precision: 60 })
    const decimal = fc
      .record({ digits: fc.integer({ min: 1, max: 10_000_000 }), places: fc.nat(6) })
      .map(({ digits, places }) => Number(`${digits}e-${places}`))
    const subject = { entryPrice: decimal, price: decimal, quantity: decimal }
    fc.assert(
      fc.property(fc.record(subject), ({ entryPrice, price, quantity }) => {
        const got = profitOf(aPosition({ entryPrice, quantity }), price)
        const move = new Exact(price).minus(entryPrice)
        const pct = move.div(entryPrice).times(100)
        expect(got.profitPct).to.be.closeTo(pct.toNumber(), near(pct))
        const amount = move.times(quantity)
        expect(got.profitAmount).to.be.closeTo(amount.toNumber(), near(amount))
        expect(got.profitAmount).to.equal(Number(got.profitAmount.toPrecision(15)))
      }),
    )
  })
})

describe('an inverse contract', () => {
  /** 100 contracts of 100 USD each at 40,000, settled in BTC. */
  const btcusd = (side: 'long' | 'short') =>
    aPosition({ side, quantity: 100, multiplier: 100, entryPrice: 40_000, contract: 'inverse' })

  it('brings coins: 10,000 USD at 50,000 bought at 40,000 is 0.05 BTC', () => {
    expect(amountAt(btcusd('long'), 50_000)).to.equal(0.05)
    expect(amountAt(btcusd('short'), 50_000)).to.equal(-0.05)
    expect(profitOf(btcusd('long'), 50_000)).to.deep.equal({ profitPct: 25, profitAmount: 0.05 })
  })

  it('has lost 0.0125 BTC at 38,095.24, as a venue counts', () => {
    expect(priceAtAmountOf(btcusd('long'), -0.0125)).to.be.closeTo(38_095.238095, 1e-6)
    const stop = priceAtAmountOf(btcusd('long'), -0.0125)
    expect(amountAt(btcusd('long'), stop)).to.be.closeTo(-0.0125, 1e-15)
  })

  it('has a price for no profit of a long, or loss of a short, above all coins that it is worth', () => {
    expect(priceAtAmountOf(btcusd('long'), 0.25)).to.equal(Infinity)
    expect(priceAtAmountOf(btcusd('short'), -0.25)).to.equal(Infinity)
    expect(priceAtAmountOf(btcusd('short'), -0.2)).to.equal(200_000)
  })

  it('exits at levels that follow from coins, and never by one that no price reaches', () => {
    const arm = (rules: Record<string, unknown>, side: 'long' | 'short') => {
      const [rule] = aRuleSet(rules).rules
      return rule!.kind === 'levels' ? rule!.arm(btcusd(side), 40_000, 0) : undefined
    }
    expect(arm({ stopLoss: { amount: 0.0125 } }, 'long')!.stop).to.be.closeTo(38_095.238, 1e-3)
    expect(arm({ stopLoss: { amount: 0.25 } }, 'short')).to.deep.equal({})
    expect(arm({ takeProfit: { amount: 0.25 } }, 'long')).to.deep.equal({})
    const odd = ruleSetWarnings(aRuleSet({ takeProfit: { amount: 0.25 } }), btcusd('long'))
    expect(odd.map(({ expected }) => expected)).to.deep.equal([
      'a level that a price can have: this one can never be reached',
    ])
  })
})
