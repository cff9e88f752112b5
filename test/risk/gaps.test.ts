import { expect } from 'chai'
import fc from 'fast-check'
import { QuoteGaps } from '../../src/risk/gaps.ts'

describe('QuoteGaps', () => {
  it('allows 15 minutes while no gap is known', () => {
    const gaps = new QuoteGaps()
    expect(gaps.limitMs).to.equal(900_000)
    gaps.observe(1_000)
    expect(gaps.limitMs).to.equal(900_000)
  })

  it('allows three times the longest gap, within 10 s and 15 min', () => {
    const gaps = new QuoteGaps()
    gaps.observe(0)
    expect(gaps.observe(100)).to.equal(true)
    expect(gaps.limitMs).to.equal(10_000)
    gaps.observe(20_100)
    expect(gaps.limitMs).to.equal(60_000)
    gaps.observe(3_620_100)
    expect(gaps.limitMs).to.equal(900_000)
  })

  it('remembers exactly the last 200 gaps and reports when the limit shrinks', () => {
    const gap = fc.integer({ min: 0, max: 400_000 })
    fc.assert(
      fc.property(fc.array(gap, { minLength: 150, maxLength: 500, size: 'max' }), list => {
        const gaps = new QuoteGaps()
        let at = 0
        let before = 900_000
        gaps.observe(at)
        list.forEach((each, index) => {
          at += each
          const shrank = gaps.observe(at)
          const longest = Math.max(...list.slice(Math.max(0, index - 199), index + 1))
          expect(gaps.limitMs).to.equal(Math.min(900_000, Math.max(10_000, 3 * longest)))
          expect(shrank).to.equal(gaps.limitMs < before)
          before = gaps.limitMs
        })
      }),
      { numRuns: 30 },
    )
  })
})
