import { expect } from 'chai'
import * as watchkeeper from '../../src/index.ts'

describe('what a program measures of its own cycles', () => {
  let mono: number
  let mine: watchkeeper.Measurements

  beforeEach(() => {
    mono = 0
    mine = watchkeeper.measurements({ now: () => 1_000 + mono, monotonic: () => mono })
  })

  it('exports functions that work without their object', () => {
    const { recordCycleMetrics, getMetrics, resetMetrics, incrementMetric } = watchkeeper
    resetMetrics()
    incrementMetric('apiCalls', 2)
    incrementMetric('exits.stop-loss')
    recordCycleMetrics({ cycleTime: 4, positions: 1 })
    recordCycleMetrics({ cycleTime: 8, positions: 0, errors: { timeout: 1 } })
    const report = getMetrics()
    expect(report.cycles).to.deep.equal({ count: 2, empty: 1, failed: 0 })
    expect(report.cycleTime).to.deep.equal({ min: 4, max: 8, average: 6, last: 8 })
    expect(report.apiCalls).to.deep.equal({ total: 2, perCycle: 1 })
    expect([report.exits, report.errors]).to.deep.equal([{ 'stop-loss': 1 }, { timeout: 1 }])
    resetMetrics()
    expect(getMetrics().cycles.count).to.equal(0)
    for (const each of [
      watchkeeper.profileCycle,
      watchkeeper.getPerformanceReport,
      watchkeeper.healthStatus,
    ]) {
      expect(each).to.be.a('function')
    }
  })

  it('profiles nested phases, and reports percentiles and the slowest cycles', () => {
    mine.profileCycle(() =>
      mine.phase('prices', () => {
        mono += 3
        mine.phase('stale', () => void (mono += 2))
      }),
    )
    const { operations, slowest, trends } = mine.getPerformanceReport()
    expect(Object.keys(operations).toSorted()).to.deep.equal([
      'cycle',
      'cycle.prices',
      'cycle.stale',
    ])
    expect(slowest[0]).to.deep.include({ at: 1_005, ms: 5, phases: { stale: 2, prices: 5 } })
    expect(trends).to.deep.equal([])
  })

  it('measures a cycle that throws, and rethrows', () => {
    const broken = () => {
      mono += 1
      throw new Error('broken')
    }
    expect(() => mine.profileCycle(broken)).to.throw('broken')
    expect(mine.getPerformanceReport().slowest[0]?.hasFailed).to.equal(true)
  })
})
