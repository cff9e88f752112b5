import { Decimal } from 'decimal.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { profitOf } from '../../src/domain/profit.ts'
import { aPosition } from '../support/builders.ts'

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
