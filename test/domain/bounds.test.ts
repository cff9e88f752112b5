import { expect } from 'chai'
import fc from 'fast-check'
import { isBounded, isMeasure, LARGEST, SMALLEST } from '../../src/domain/bounds.ts'
import { difference, product, sum } from '../../src/domain/decimal.ts'

const measures = fc.double({ min: SMALLEST, max: LARGEST, noNaN: true })

describe('the bounds of numbers', () => {
  it('take no number that is none, and none beyond them', () => {
    for (const x of [NaN, Infinity, -Infinity, 1e308, -1.1e15]) {
      expect([isBounded(x), isMeasure(x)], String(x)).to.deep.equal([false, false])
    }
    for (const x of [0, -1, 9e-16]) {
      expect([isBounded(x), isMeasure(x)], String(x)).to.deep.equal([true, false])
    }
    for (const x of [SMALLEST, 1, LARGEST]) expect(isMeasure(x)).to.equal(true)
  })

  it('keep every profit, and every sum of profits, finite', () => {
    fc.assert(
      fc.property(measures, measures, measures, measures, (entry, exit, quantity, multiplier) => {
        const profit = product(product(difference(exit, entry), quantity), multiplier)
        expect(Number.isFinite(sum(sum(profit, profit), -profit))).to.equal(true)
      }),
    )
  })
})

describe('decimal arithmetic', () => {
  it('refuses what is not finite by its name, as a mistake of ours', () => {
    expect(() => sum(Infinity, 0.1)).to.throw(RangeError, 'Infinity is no decimal')
  })
})
