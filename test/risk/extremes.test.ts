import { expect } from 'chai'
import fc from 'fast-check'
import { Extremes, HIGHEST, LOWEST } from '../../src/risk/extremes.ts'

type Step = { kind: 'price'; price: number } | { kind: 'mark' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('price' as const), price: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mark' as const) }) },
)

describe('Extremes', () => {
  it('has no extreme since a mark that no price followed', () => {
    const extremes = new Extremes()
    extremes.observe(5)
    const mark = extremes.mark()
    expect(extremes.bestSince(mark, 1)).to.equal(-Infinity)
    expect(extremes.bestSince(mark, -1)).to.equal(-Infinity)
  })

  it('names the extreme that a price sets', () => {
    const extremes = new Extremes()
    const found = [5, 7, 6, 4, 5].map(price => extremes.observe(price))
    expect(found).to.deep.equal([HIGHEST | LOWEST, HIGHEST, 0, LOWEST, 0])
  })

  it('returns the best mirrored price since each mark, as a plain scan does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const extremes = new Extremes()
        const marks: { mark: number; since: number[] }[] = [{ mark: 0, since: [] }]
        for (const each of steps) {
          if (each.kind === 'mark') {
            marks.push({ mark: extremes.mark(), since: [] })
          } else {
            extremes.observe(each.price)
            for (const { since } of marks) since.push(each.price)
          }
        }
        for (const { mark, since } of marks) {
          expect(extremes.bestSince(mark, 1)).to.equal(Math.max(...since))
          expect(extremes.bestSince(mark, -1)).to.equal(Math.max(...since.map(price => -price)))
        }
      }),
    )
  })

  it('keeps only as many segments as still differ', () => {
    const extremes = new Extremes()
    for (let price = 1; price <= 1000; price++) {
      extremes.observe(price % 2 === 0 ? price : -price)
      extremes.mark()
    }
    expect(extremes.size).to.be.lessThan(4)
  })

  it('continues after it forgot its segments', () => {
    const extremes = new Extremes()
    extremes.observe(9)
    extremes.mark()
    extremes.clear()
    const mark = extremes.mark()
    extremes.observe(4)
    expect(extremes.bestSince(mark, 1)).to.equal(4)
    expect(extremes.bestSince(mark, -1)).to.equal(-4)
  })
})
