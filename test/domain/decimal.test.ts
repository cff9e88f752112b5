import { expect } from 'chai'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import {
  difference,
  plusPercent,
  plusShare,
  product,
  ratioOfSums,
  round15,
  sum,
} from '../../src/domain/decimal.ts'
import { runs } from '../support/runs.ts'

/** Holds every sum and product of the tests below in full. */
const Exact = Decimal.clone({ precision: 1500, toExpNeg: -9e15, toExpPos: 9e15 })

/** The oracle: far more digits than a double has, rounded once. */
const nearest = (value: Decimal): number => Number(value.toPrecision(700))

const expectedRatio = (a: number, b: number, c: number, d: number, e: number): number =>
  nearest(new Exact(a).times(b).plus(new Exact(c).times(d)).div(e))

/** Decimals as prices and percentages are written: up to 9 digits before and 8 after the point. */
const written = fc
  .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: 0, max: 8 }))
  .map(([digits, places]) => Number(`${digits}e-${places}`))

/** Numbers of 15 to 17 digits, at the edge of what the fast path may take. */
const long = fc
  .tuple(
    fc.bigInt({ min: 100_000_000_000_000n, max: 99_999_999_999_999_999n }),
    fc.integer({ min: 0, max: 20 }),
    fc.constantFrom(1, -1),
  )
  .map(([digits, places, sign]) => sign * Number(`${digits}e-${places}`))

/** Sizes far from those of prices: where powers of ten run out of table. */
const extreme = fc
  .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -40, max: 40 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`))

const bits = fc
  .double({ noNaN: true, min: -1e30, max: 1e30 })
  .map(x => (Math.abs(x) < 1e-30 ? 0 : x))

const number = fc.oneof(
  { weight: 5, arbitrary: written },
  { weight: 2, arbitrary: long },
  { weight: 1, arbitrary: extreme },
  { weight: 1, arbitrary: bits },
)
const nonZero = number.filter(x => x !== 0)

const CASES = { numRuns: runs(1_500) }

describe('decimal', () => {
  it('puts 10 % above 70 at 77 and 10 % above 1.1 at 1.21', () => {
    expect(plusPercent(70, 10)).to.equal(77)
    expect(plusPercent(1.1, 10)).to.equal(1.21)
    expect(plusPercent(8.41, -1.5)).to.equal(8.28385)
  })

  it('adds and multiplies what doubles cannot', () => {
    expect(sum(0.1, 0.2)).to.equal(0.3)
    expect(difference(0.3, 0.1)).to.equal(0.2)
    expect(product(1.1, 1.1)).to.equal(1.21)
    expect(ratioOfSums(61837.5, 0.3, -61837.5, 0.1, 0.2)).to.equal(61837.5)
  })

  it('reads a number of 16 digits as its shortest text shows it', () => {
    expect(difference(900719925474.099, 900719925474)).to.equal(0.099)
    expect(difference(0.1 + 0.2, 0.3)).to.equal(4e-17)
  })

  it('rounds to 15 significant digits', () => {
    expect(round15(0.1 + 0.2)).to.equal(0.3)
    expect(round15(-1234567.890123457)).to.equal(-1234567.89012346)
    expect(round15(2e-300)).to.equal(2e-300)
  })

  it('equals a decimal library for every ratio of sums, rounded once', () => {
    fc.assert(
      fc.property(number, number, number, number, nonZero, (a, b, c, d, e) => {
        expect(ratioOfSums(a, b, c, d, e)).to.equal(expectedRatio(a, b, c, d, e))
      }),
      CASES,
    )
  })

  it('equals a decimal library for ratios of what people write', () => {
    const divisor = fc.oneof(
      fc.constantFrom(1, 100, 0.5, 0.001),
      written.filter(x => x !== 0),
    )
    fc.assert(
      fc.property(written, written, written, written, divisor, (a, b, c, d, e) => {
        expect(ratioOfSums(a, b, c, d, e)).to.equal(expectedRatio(a, b, c, d, e))
      }),
      CASES,
    )
  })

  it('equals a decimal library for percentages, sums and products', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(plusPercent(a, b)).to.equal(expectedRatio(a, 100, a, b, 100))
        expect(sum(a, b)).to.equal(nearest(new Exact(a).plus(b)))
        expect(difference(a, b)).to.equal(nearest(new Exact(a).minus(b)))
        expect(product(a, b)).to.equal(nearest(new Exact(a).times(b)))
      }),
      CASES,
    )
  })

  it('equals a decimal library for a price that makes an amount of money', () => {
    fc.assert(
      fc.property(number, number, nonZero, nonZero, (x, amount, a, b) => {
        const units = new Exact(a).times(b)
        expect(plusShare(x, amount, a, b)).to.equal(
          nearest(new Exact(x).plus(new Exact(amount).div(units))),
        )
      }),
      CASES,
    )
  })

  it('never lowers a level when the price under it rises', () => {
    fc.assert(
      fc.property(
        number,
        number,
        written.filter(pct => pct > -100),
        (a, b, pct) => {
          const [low, high] = a < b ? [a, b] : [b, a]
          expect(plusPercent(low, pct)).to.be.at.most(plusPercent(high, pct))
        },
      ),
      CASES,
    )
  })
})
