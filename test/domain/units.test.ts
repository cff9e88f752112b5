import { expect } from 'chai'
import fc from 'fast-check'
import { product, sum } from '../../src/domain/decimal.ts'
import {
  isDustOf,
  isEnough,
  isNothing,
  isRounded,
  isSame,
  isWholeLots,
  leftOf,
  restOf,
  unitsOf,
} from '../../src/domain/units.ts'

/** What a script has that adds up in doubles. */
const added = (each: number, times: number): number => Array(times).fill(each).reduce(plus, 0)
const plus = (a: number, b: number): number => a + b

const lots = fc.constantFrom(1e-8, 0.001, 0.01, 0.1, 0.25, 1, 7, 100)
const counts = fc.integer({ min: 1, max: 1_000_000 })
const quantities = fc
  .tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, places]) => Number(`${digits}e-${places}`))

describe('unitsOf', () => {
  it('keeps a quantity that is no whole number of lots as it is', () => {
    for (const given of [0.85, 0.799, 0.75]) expect(unitsOf(given, 0.1)).to.equal(given)
    expect(unitsOf(0.123456789012345)).to.equal(0.123456789012345)
  })

  it('leaves what is not finite to its reader', () => {
    expect(unitsOf(NaN, 0.1)).to.deep.equal(NaN)
    expect(unitsOf(-Infinity)).to.equal(-Infinity)
  })

  it('reads what doubles have made of a quantity as that quantity', () => {
    expect(unitsOf(0.7999999999999999, 0.1)).to.equal(0.8)
    expect(unitsOf(0.7999999999999999)).to.equal(0.8)
    expect(unitsOf(-0.1 - 0.2)).to.equal(-0.3)
    expect(unitsOf(added(0.1, 1_000), 0.1)).to.equal(100)
    expect(unitsOf(Math.fround(0.8), 0.1), 'a bridge that computes in singles').to.equal(0.8)
  })

  it('reads what a sum of doubles leaves of nothing as 0', () => {
    for (const given of [4e-17, -4e-17, 2 ** -54]) {
      expect(unitsOf(given)).to.equal(0)
      expect(Object.is(unitsOf(given, 0.1), 0)).to.equal(true)
    }
  })

  it('gives every multiple of a lot back, however a double shows it, and reads it once', () => {
    fc.assert(
      fc.property(lots, counts, fc.constantFrom(-3, -1, 0, 1, 3), (lot, count, ulps) => {
        const whole = product(count, lot)
        const read = unitsOf(whole * (1 + ulps * 2 ** -52), lot)
        expect(read).to.equal(whole)
        expect(unitsOf(read, lot)).to.equal(read)
        expect(isWholeLots(read, lot)).to.equal(true)
      }),
    )
  })

  it('never differs from what was given by more than the tolerance', () => {
    fc.assert(
      fc.property(quantities, fc.option(lots, { nil: undefined }), (given, lot) => {
        const tolerance = lot === undefined ? given * 1e-14 : lot * 1e-6 + given * 1e-12
        expect(Math.abs(unitsOf(given, lot) - given)).to.be.at.most(tolerance)
      }),
    )
  })
})

describe('restOf', () => {
  it('is nothing where two quantities differ by what doubles make of them', () => {
    expect(restOf(0.30000000000000004, 0.3)).to.equal(0)
    expect(restOf(10, added(0.1, 100))).to.equal(0)
    expect(isSame(10, added(0.1, 100))).to.equal(true)
    expect(isEnough(added(0.1, 100), 10)).to.equal(true)
  })

  it('is exact for every difference that is one', () => {
    expect(restOf(0.3, 0.1)).to.equal(0.2)
    expect(restOf(0.1, 0.3)).to.equal(-0.2)
    expect(leftOf(0.1, 0.3)).to.equal(0)
    expect(isEnough(0.1, 0.10000001)).to.equal(false)
  })

  it('gives what was taken back when it is added again', () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const [whole, part] = [Math.max(a, b), Math.min(a, b)]
        expect(isSame(sum(restOf(whole, part), part), whole)).to.equal(true)
      }),
    )
  })
})

describe('isNothing', () => {
  it('knows a rest of large sums by the size of what was held', () => {
    expect(isNothing(1000.1 + 1000.2 - 2000.3, 2000.3)).to.equal(true)
    expect(isNothing(2e-9, 1)).to.equal(false)
    expect(isNothing(2e-9, 1e6)).to.equal(true)
  })

  it('takes a tenth of a lot for something, and the millionth of one for nothing', () => {
    expect(isNothing(0.01, 5, 0.1)).to.equal(false)
    expect(isNothing(1e-8, 5, 0.1)).to.equal(true)
    expect(isNothing(1e-8, 1e12, 1e-8), 'one whole lot').to.equal(false)
  })
})

describe('isRounded', () => {
  it('knows an order that the venue has cut or raised to a step of its own', () => {
    expect(isRounded(0.33333333, 0.333333333333)).to.equal(true)
    expect(isRounded(0.66666667, 0.666666666666)).to.equal(true)
    expect(isRounded(0.33, 0.333333333333)).to.equal(true)
    expect(isRounded(1e-8, 1.00000001e-8)).to.equal(true)
  })

  it('takes no quantity for a rounded one that lacks a part of the order', () => {
    for (const [executed, asked] of [
      [4, 5],
      [5, 5.5],
      [0.3, 0.4],
      [0, 0.001],
    ] as const) {
      expect(isRounded(executed, asked), `${executed} of ${asked}`).to.equal(false)
    }
  })
})

describe('isDustOf', () => {
  it('is what a venue with eight decimal places leaves of an order', () => {
    expect(isDustOf(3.33e-10, 0.333333333333)).to.equal(true)
    expect(isDustOf(1e-7, 0.333333333333)).to.equal(false)
  })
})
