import { expect } from 'chai'
import fc from 'fast-check'
import { attemptQuantity, limitPrice, orderable } from '../../src/exits/quantity.ts'
import { ExitCase, settingsOf } from '../support/exits.ts'

/** Percent. */
const BAND = 1

describe('orderable', () => {
  it('rounds down to the lot, exact in decimals', () => {
    expect(orderable(0.3, { lot: 0.1 })).to.equal(0.3)
    expect(orderable(0.35, { lot: 0.1 })).to.equal(0.3)
    expect(orderable(1_299, { lot: 100 })).to.equal(1_200)
    expect(orderable(5, {})).to.equal(5)
  })

  it('orders the whole lots that doubles fall short of', () => {
    expect(orderable(0.7999999999999999, { lot: 0.1 })).to.equal(0.8)
    expect(orderable(0.7999999999999999, {})).to.equal(0.8)
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

describe('attemptQuantity', () => {
  const left = (quantity: number, executed: number) => {
    const { record } = new ExitCase(settingsOf(), { quantity })
    return { ...record, before: { quantity: executed, price: 1 } }
  }

  it('calls dust what a venue leaves that rounds to a step which we do not know', () => {
    expect(attemptQuantity(left(0.333333333333, 0.33333333), 1, {})).to.equal('dust')
    expect(attemptQuantity(left(0.333333333333, 0.3333), 1, {})).to.equal(0.000033333333)
    expect(attemptQuantity(left(1, 0), 3e-10, {})).to.equal('wait')
  })

  it('orders less than a hundred-millionth where the lot says that it can be ordered', () => {
    expect(attemptQuantity(left(1e9, 1e9 - 1), 1, { lot: 1 })).to.equal(1)
  })
})

describe('the contracts of a venue', () => {
  it('are never rounded up, nor to an order of none', () => {
    expect(orderable(0.25, { contractSize: 0.1 })).to.equal(0.2)
    expect(orderable(0.09, { contractSize: 0.1 })).to.equal(0)
    const { record } = new ExitCase(settingsOf(), { quantity: 0.09 })
    expect(attemptQuantity(record, 1, { contractSize: 0.1 })).to.equal('dust')
  })

  it('count beside a lot that is smaller', () => {
    expect(orderable(0.25, { lot: 0.01, contractSize: 0.1 })).to.equal(0.2)
    expect(orderable(0.25, { lot: 0.2, contractSize: 0.1 })).to.equal(0.2)
  })

  it('of no size count as units', () => {
    for (const contractSize of [0, NaN, -1, Infinity]) {
      expect(orderable(0.25, { contractSize }), String(contractSize)).to.equal(0.25)
    }
  })
})

describe('an exit that is larger than one order may be', () => {
  const slices = (quantity: number, steps: Parameters<typeof attemptQuantity>[2]): number[] => {
    const { record } = new ExitCase(settingsOf(), { quantity })
    const made: number[] = []
    for (let left = quantity; left > 0 && made.length < 20;) {
      const before = { quantity: quantity - left, price: 1 }
      const slice = attemptQuantity({ ...record, before }, left, steps)
      if (typeof slice !== 'number') break
      made.push(slice)
      left -= slice
    }
    return made
  }

  it('goes out in slices of the largest order', () => {
    expect(slices(25, { maxQuantity: 10 })).to.deep.equal([10, 10, 5])
    expect(slices(20, { maxQuantity: 10, lot: 1 })).to.deep.equal([10, 10])
  })

  it('leaves no slice that is smaller than the smallest order', () => {
    expect(slices(21, { maxQuantity: 10, minQuantity: 5, lot: 1 })).to.deep.equal([10, 6, 5])
    expect(slices(12, { maxQuantity: 10, lot: 4 })).to.deep.equal([8, 4])
  })

  it('goes out whole where the largest order is smaller than the smallest', () => {
    expect(slices(8, { maxQuantity: 3, lot: 4 })).to.deep.equal([8])
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

  it('is never below the lowest tick, whatever the price', () => {
    const tickSize = 0.05
    for (const price of [0.05, 0.04, 0.01, 1e-12]) {
      expect(limitPrice({ side: 'long', price, tickSize }, 0.5), `at ${price}`).to.equal(0.05)
    }
    expect(limitPrice({ side: 'long', price: 0.1, tickSize }, 0.5)).to.equal(0.05)
    expect(limitPrice({ side: 'long', price: 1e-15 }, 50)).to.equal(1e-15)
  })

  it('lies beyond a price below zero on the same side as beyond any other', () => {
    const mayBeNegative = true
    expect(limitPrice({ side: 'long', price: -10, mayBeNegative }, BAND)).to.equal(-10.1)
    expect(limitPrice({ side: 'short', price: -10, mayBeNegative }, BAND)).to.equal(-9.9)
    expect(limitPrice({ side: 'long', price: 0.01, tickSize: 0.05, mayBeNegative }, BAND)).to.equal(
      0,
    )
  })

  it('is above zero and beyond the price for every price, tick and band', () => {
    const prices = fc.double({ min: 1e-12, max: 1e12, noNaN: true })
    const ticks = fc.constantFrom(undefined, 1e-8, 0.01, 0.05, 0.25, 1, 5)
    const bands = fc.double({ min: 0.001, max: 50, noNaN: true })
    const sides = fc.constantFrom('long' as const, 'short' as const)
    fc.assert(
      fc.property(prices, ticks, bands, sides, (price, tickSize, band, side) => {
        const limit = limitPrice({ side, price, tickSize }, band)
        expect(limit).to.be.above(0)
        if (side === 'short') expect(limit).to.be.at.least(price * (1 - 1e-9))
        else expect(limit).to.be.at.most(Math.max(price * (1 + 1e-9), tickSize ?? 0))
      }),
    )
  })
})
