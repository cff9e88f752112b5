import { expect } from 'chai'
import { planOf } from './plan.ts'
import { textOf } from './report.ts'
import { type Result, run } from './run.ts'
import { VENUES } from './venues.ts'

/** The whole matrix is `npm run test:crash`. */
const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['refuses an id that it has ever had', 2],
  ['only takes reduce-only orders', 13],
]

describe('a guard that is killed', () => {
  for (const [name, seed] of SEEDS) {
    it(`exits every position once at a venue that ${name}`, async () => {
      const result: Result = await run(planOf(seed))
      expect(result.violations, textOf(result)).to.deep.equal([])
      expect(result.kills.size, 'labels that were reached').to.be.greaterThan(0)
    }).timeout(120_000)
  }

  it('is killed at every kind of venue by the whole run', () => {
    expect(VENUES).to.have.length(24)
    expect(new Set(VENUES.map(({ name }) => name))).to.have.property('size', 24)
  })
})
