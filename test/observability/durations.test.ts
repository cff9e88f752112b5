import { expect } from 'chai'
import fc from 'fast-check'
import { Durations } from '../../src/observability/durations.ts'
import { runs } from '../support/runs.ts'

const SHARES = { p0: 0, p50: 50, p90: 90, p999: 99.9, p100: 100 }

describe('Durations', () => {
  it('gives each percentile within a thousandth, and the largest as it was', () => {
    const values = fc.array(fc.oneof(fc.nat(5_000), fc.maxSafeNat()), {
      minLength: 1,
    })
    fc.assert(
      fc.property(values, all => {
        const given = all.toSorted((a, b) => a - b)
        const durations = new Durations()
        for (const value of given) durations.record(value)
        const found = durations.percentiles(SHARES)
        for (const [name, share] of Object.entries(SHARES)) {
          const wanted = given[Math.max(0, Math.ceil((share / 100) * given.length) - 1)]!
          expect(found[name as keyof typeof SHARES], name).to.be.closeTo(wanted, wanted / 1_000)
        }
        expect([durations.count, durations.max]).to.deep.equal([given.length, given.at(-1)])
      }),
      { numRuns: runs(100) },
    )
  })

  it('gives the mean of what it has counted', () => {
    const durations = new Durations()
    for (const value of [1, 2, 6, 1_000_003]) durations.record(value)
    expect(durations.mean).to.equal(250_003)
  })
})
