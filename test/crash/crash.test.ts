import { expect } from 'chai'
import { theProgram } from '../support/compiled.ts'
import type { Result } from './course.ts'
import type { Course } from './hostility.ts'
import { planOf, ROUND, venueOf } from './plan.ts'
import { textOf } from './report.ts'
import { run } from './run.ts'
import { emulatedVenues, LATE_MS, realVenuesOf, venuesOf } from './venues.ts'

/** The whole matrix is `npm run test:crash`, where late venues are as late as real ones. */
const QUICK_LATE_MS = 300

const SEEDS: readonly (readonly [what: string, seed: number, course: Course])[] = [
  ['at a venue that refuses an id that it has ever had', 0, 'plain'],
  ['while its id is added again at once, and commits are slow', 4, 'added at once'],
  ['where a store from before the exits is put back', 16, 'restored'],
  ['while as much is bought again and posted, and answers have an age', 18, 'bought again'],
  ['while it is released and added again, and quantities drift', 20, 'released'],
]

describe('a guard that is killed', () => {
  let results: readonly Promise<Result>[]

  // Side by side: most of a run is waiting for a process to start.
  before(function () {
    this.timeout(180_000)
    const main = theProgram().file('test/crash/guarded.ts')
    results = SEEDS.map(([, seed]) => run(planOf(seed, QUICK_LATE_MS), main))
  })
  after(() => Promise.allSettled(results))

  SEEDS.forEach(([what, , course], index) => {
    it(`exits every position once ${what}`, async () => {
      const result = await results[index]!
      expect(result.violations, textOf(result)).to.deep.equal([])
      expect(result.plan.hostility.course).to.equal(course)
      expect(result.kills.size, 'labels that were reached').to.be.greaterThan(0)
    }).timeout(300_000)
  })

  it('is killed at every kind of venue by the whole run', () => {
    const seeds = Array.from({ length: ROUND }, (_, seed) => venueOf(seed).name)
    const venues = [...venuesOf(LATE_MS), ...realVenuesOf(LATE_MS), ...emulatedVenues]
    const names = venues.map(({ name }) => name)
    expect(new Set(seeds)).to.deep.equal(new Set(names))
    expect(names).to.have.length(45)
  })
})
