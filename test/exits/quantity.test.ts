import { expect } from 'chai'
import fc from 'fast-check'
import { limitPrice, orderable } from '../../src/exits/quantity.ts'

const BAND = { kind: 'marketable-limit', bandPct: 1, escalateMs: 0 } as const

describe('orderable', () => {
  it('rounds down to the lot, exact in decimals', () => {
    expect(orderable(0.3, { lot: 0.1 })).to.equal(0.3)
    expect(orderable(0.35, { lot: 0.1 })).to.equal(0.3)
    expect(orderable(1_299, { lot: 100 })).to.equal(1_200)
    expect(orderable(5, {})).to.equal(5)
  })

  it('is nothing where less is left than an order needs', () => {
    expect(orderable(0.35, { lot: 0.1, minQuantity: 0.4 })).to.equal(0)
    expect(orderable(0.09, { lot: 0.1 })).to.equal(0)
  })

  it('is never more than there is, and less than one lot below it', () => {
    const cents = fc.integer({ min: 1, max: 100_000 }).map(count => count / 100)
    fc.assert(
      fc.property(cents, fc.constantFrom(0.01, 0.1, 0.25, 1, 7), (quantity, lot) => {
        const given = orderable(quantity, { lot })
        expect(given).to.be.at.most(quantity)
        expect(quantity - given).to.be.below(lot * (1 + 1e-9))
      }),
    )
  })
})

describe('limitPrice', () => {
  it('lies beyond the price by its band, on the side that is executed at once', () => {
    expect(limitPrice({ side: 'long', price: 100 }, BAND)).to.equal(99)
    expect(limitPrice({ side: 'short', price: 100 }, BAND)).to.equal(101)
  })

  it('is rounded away from the price to a whole tick', () => {
    const tickSize = 0.25
    expect(limitPrice({ side: 'long', price: 100.1, tickSize }, BAND)).to.equal(99)
    expect(limitPrice({ side: 'short', price: 100.1, tickSize }, BAND)).to.equal(101.25)
    expect(limitPrice({ side: 'short', price: 100, tickSize }, BAND)).to.equal(101)
  })
})
