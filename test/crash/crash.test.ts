import { expect } from 'chai'
import { planOf } from './plan.ts'
import { textOf } from './report.ts'
import { type Result, run } from './run.ts'
import { LATE_MS, venuesOf } from './venues.ts'

/** The whole matrix is `npm run test:crash`, where late venues are as late as real ones. */
const QUICK_LATE_MS = 300

const SEEDS: readonly (readonly [name: string, seed: number])[] = [
  ['refuses an id that it has ever had', 0],
  ['only takes reduce-only orders', 13],
]

describe('a guard that is killed', () => {
  let results: readonly Promise<Result>[]

  // Side by side: most of a run is waiting for a process to start.
  before(() => {
    results = SEEDS.map(([, seed]) => run(planOf(seed, QUICK_LATE_MS)))
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
    expect(new Set(venuesOf(LATE_MS).map(({ name }) => name))).to.have.property('size', 24)
  })
})
