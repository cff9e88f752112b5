import { expect } from 'chai'
import { planOf } from './plan.ts'
import { textOf } from './report.ts'
import { type Result, run } from './run.ts'
import { VENUES } from './venues.ts'

/** The whole matrix is `npm run test:crash`. */
const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['refuses an id that it has ever had', 0],
  ['only takes reduce-only orders', 13],
]

describe('a guard that is killed', () => {
  let results: readonly Promise<Result>[]

  // Side by side: most of a run is waiting for a process to start.
  before(() => {
    results = SEEDS.map(([, seed]) => run(planOf(seed)))
  })
  after(() => Promise.allSettled(results))

  SEEDS.forEach(([name], index) => {
    it(`exits every position once at a venue that ${name}`, async () => {
      const result = await results[index]!
      expect(result.violations, textOf(result)).to.deep.equal([])
      expect(result.kills.size, 'labels that were reached').to.be.greaterThan(0)
    }).timeout(180_000)
  })

  it('is killed at every kind of venue by the whole run', () => {
    expect(new Set(VENUES.map(({ name }) => name))).to.have.property('size', 24)
  })
})
