import { expect } from 'chai'
import { capabilityFaults } from '../../src/domain/capability-faults.ts'

const paths = (claimed: Parameters<typeof capabilityFaults>[0]): string[] =>
  capabilityFaults(claimed).map(({ path }) => path)

describe('Contradictions of capabilities', () => {
  it('are a horizon without a complete look-up', () => {
    for (const lookup of ['none', 'open-only'] as const) {
      expect(paths({ lookup, lookupKeeps: 'ever', visibilityMs: 0 })).to.deep.equal(['lookupKeeps'])
    }
  })

  it('are a horizon that ends before an order shows', () => {
    for (const ms of [0, NaN, 2_999, 3_000]) {
      expect(paths({ lookup: 'complete', lookupKeeps: { ms }, visibilityMs: 3_000 })).to.deep.equal(
        ['lookupKeeps'],
      )
    }
  })

  it('are none of the claims that agree', () => {
    const claims = [
      { lookup: 'complete', visibilityMs: 3_000 },
      { lookup: 'complete', lookupKeeps: 'ever', visibilityMs: 3_000 },
      { lookup: 'complete', lookupKeeps: { ms: 3_001 }, visibilityMs: 3_000 },
      { lookup: 'complete', lookupKeeps: { until: '15:30', timezone: 'UTC' }, visibilityMs: 0 },
      { lookup: 'none', visibilityMs: 0 },
    ] as const
    for (const each of claims) expect(paths(each)).to.deep.equal([])
  })
})
