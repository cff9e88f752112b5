import { expect } from 'chai'
import fc from 'fast-check'
import { excursionsOf } from '../../src/domain/excursions.ts'
import type { Priced } from '../../src/domain/profit.ts'

const LONG: Priced = { side: 'long', entryPrice: 100, quantity: 2, multiplier: 1 }
const SHORT: Priced = { ...LONG, side: 'short' }

describe('Excursions of a position', () => {
  it('are unknown where a price is unknown', () => {
    const unknown = { best: null, worst: null, firstStop: null, price: null }
    expect(excursionsOf(LONG, unknown)).to.deep.equal({ mfePct: null, maePct: null, r: null })
    expect(excursionsOf(LONG, { ...unknown, firstStop: 95 }).r).to.equal(null)
  })

  it('have no R where the first stop was at the entry price or better', () => {
    const reached = { best: 110, worst: 99, price: 108 }
    expect(excursionsOf(LONG, { ...reached, firstStop: 100 }).r).to.equal(null)
    expect(excursionsOf(LONG, { ...reached, firstStop: 101 }).r).to.equal(null)
    expect(excursionsOf(SHORT, { ...reached, firstStop: 99 }).r).to.equal(null)
  })

  it('count a fill beyond the best or the worst price', () => {
    const reached = { best: 105, worst: 96, firstStop: 95 }
    expect(excursionsOf(LONG, { ...reached, price: 90 })).to.deep.equal({
      mfePct: 5,
      maePct: -10,
      r: -2,
    })
    expect(excursionsOf(LONG, { ...reached, price: 110 }).mfePct).to.equal(10)
  })

  it('are those of the other direction for a short, and in money of the contract for an inverse one', () => {
    expect(excursionsOf(SHORT, { best: 88, worst: 103, firstStop: 105, price: 90 })).to.deep.equal({
      mfePct: 12,
      maePct: -3,
      r: 2,
    })
    const inverse = excursionsOf(
      { ...LONG, contract: 'inverse' },
      { best: 125, worst: 100, firstStop: 80, price: 125 },
    )
    // 1/100 - 1/125 = 0.002 coins gained, 1/80 - 1/100 = 0.0025 at risk.
    expect(inverse.r).to.equal(0.8)
  })

  it('never lie inside the profit that the trade ended with', () => {
    const price = fc.integer({ min: 1, max: 1_000 })
    fc.assert(
      fc.property(
        fc.constantFrom(LONG, SHORT),
        price,
        price,
        price,
        (position, best, worst, at) => {
          const { mfePct, maePct } = excursionsOf(position, {
            best,
            worst,
            firstStop: null,
            price: at,
          })
          const profitPct = (position.side === 'long' ? 1 : -1) * (at - 100)
          expect(mfePct).to.be.at.least(Math.max(0, profitPct))
          expect(maePct).to.be.at.most(Math.min(0, profitPct))
        },
      ),
    )
  })
})
