import { expect } from 'chai'
import { atRisk, distance, placesOf, profitAt, sumsOf } from '../../../src/page/live/figures.ts'
import type { Row, Series } from '../../../src/page/live/store.ts'

const row = (changes: Partial<Row> = {}, stop: number | null = 95): Row => ({
  row: 0,
  id: 'a',
  series: 0,
  side: 'long',
  entryPrice: 100,
  multiplier: 10,
  openedAt: 0,
  isInverse: false,
  account: null,
  underlying: null,
  levels: [0, 'guarded', 104, stop, 110, 2, null, null, 'yes', null, 'ours'],
  ...changes,
})
const series = (currency: string | null, price: number | null): Series => ({
  instrument: 'X',
  source: 'trade',
  currency,
  tickSize: null,
  price,
  at: 0,
})

describe('The figures of the page', () => {
  it('are unknown without a stop or a price, instead of 0', () => {
    expect(distance(row({}, null), 100)).to.equal(null)
    expect(distance(row(), null)).to.equal(null)
    expect(atRisk(row({}, null), 100)).to.equal(null)
    expect(sumsOf([row({}, null)], [series(null, 100)])).to.include({ unbounded: 1 })
  })

  it('count profit, distance and risk in the direction of the position', () => {
    const short = row({ side: 'short' }, 105)
    expect([profitAt(row(), 101), profitAt(short, 101)]).to.deep.equal([20, -20])
    expect([distance(row(), 100), distance(short, 100)]).to.deep.equal([0.05, 0.05])
    expect([atRisk(row(), 100), atRisk(short, 100)]).to.deep.equal([100, 100])
    expect(atRisk(row(), 100, 0.01)).to.be.closeTo(119, 1e-9)
    expect(atRisk(short, 100, 0.01)).to.be.closeTo(121, 1e-9)
  })

  it('count coins where a contract is inverse', () => {
    const inverse = row({ isInverse: true })
    expect(profitAt(inverse, 125)).to.be.closeTo(20 * (1 / 100 - 1 / 125), 1e-12)
    expect(atRisk(inverse, 125)).to.be.closeTo(20 * (1 / 95 - 1 / 125), 1e-12)
    const short = row({ isInverse: true, side: 'short' }, 105)
    expect(profitAt(short, 80)).to.be.closeTo(20 * (1 / 80 - 1 / 100), 1e-12)
  })

  it('never count a crossed stop as a gain', () => {
    expect(atRisk(row(), 90)).to.equal(0)
    expect(distance(row(), 90)).to.be.below(0)
  })

  it('add up money of each currency alone', () => {
    const { money, guarded } = sumsOf(
      [row(), row({ series: 1 }), row({ series: 1 })],
      [series('EUR', 100), series('USD', 101)],
    )
    expect(guarded).to.equal(3)
    expect(money.map(({ currency, atRisk, profit }) => [currency, atRisk, profit])).to.deep.equal([
      ['USD', 240, 40],
      ['EUR', 100, 0],
    ])
  })

  it('count as exitable what could leave now or is on its way, and name one reason of the others', () => {
    const [yes, no] = [row(), row()]
    const held = {
      ...no,
      levels: [0, 'guarded', 104, 95, 110, 2, null, null, 'no', 'a ban', 'none'] as const,
    }
    const exiting = {
      ...yes,
      levels: [0, 'exiting', 104, 95, 110, 2, null, 'manual', null, null, 'ours'] as const,
    }
    const { exitable, unexitableBy } = sumsOf([yes, held, exiting], [series('USD', 101)])
    expect([exitable, unexitableBy]).to.deep.equal([2, 'a ban'])
  })

  it('put the stop on the left for both sides', () => {
    expect(placesOf(row(), 101)).to.include({ stop: 0, target: 1 })
    const short = row({
      side: 'short',
      levels: [0, 'guarded', 96, 105, 90, 2, null, null, 'yes', null, 'ours'],
    })
    const places = placesOf(short, 99)
    expect([places.stop, places.target]).to.deep.equal([0, 1])
    expect(places.now).to.be.closeTo(0.4, 1e-9)
    expect(placesOf(row({}, null), null)).to.include({ stop: null, now: null })
  })
})
