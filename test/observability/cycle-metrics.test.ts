import { expect } from 'chai'
import fc from 'fast-check'
import { CycleMetrics, type CycleRecord } from '../../src/observability/cycle-metrics.ts'

const aCycle = (but: Partial<CycleRecord> = {}): CycleRecord => ({
  cycleTime: 10,
  positions: 2,
  redisFetches: 1,
  storeQueries: 2,
  apiCalls: 3,
  exits: {},
  errors: {},
  ...but,
})

describe('CycleMetrics', () => {
  it('has no figures before the first cycle, and says so', () => {
    const report = new CycleMetrics(5).getMetrics()
    expect(report.since).to.equal(5)
    expect(report.cycleTime).to.deep.equal({ min: null, max: null, average: null, last: null })
    expect(report.apiCalls).to.deep.equal({ total: 0, perCycle: null })
  })

  it('refuses an impossible time, and changes nothing', () => {
    const metrics = new CycleMetrics(0)
    for (const cycleTime of [-1, NaN, Infinity]) {
      expect(() => metrics.recordCycleMetrics(aCycle({ cycleTime }))).to.throw(RangeError)
    }
    expect(metrics.getMetrics().cycles.count).to.equal(0)
  })

  it('counts empty and failed cycles like any other', () => {
    const metrics = new CycleMetrics(0)
    metrics.recordCycleMetrics(aCycle({ positions: 0 }))
    metrics.recordCycleMetrics(aCycle({ hasFailed: true, errors: { timeout: 1 } }))
    const { cycles, errors } = metrics.getMetrics()
    expect(cycles).to.deep.equal({ count: 2, empty: 1, failed: 1 })
    expect(errors).to.deep.equal({ timeout: 1 })
  })

  it('gives least, largest, average and last, and sums by cycle', () => {
    const cycle = fc.record({
      cycleTime: fc.integer({ min: 0, max: 1_000 }),
      apiCalls: fc.nat(50),
    })
    fc.assert(
      fc.property(fc.array(cycle, { minLength: 1 }), cycles => {
        const metrics = new CycleMetrics(0)
        for (const each of cycles) metrics.recordCycleMetrics(aCycle(each))
        const times = cycles.map(({ cycleTime }) => cycleTime)
        const total = cycles.reduce((sum, { apiCalls }) => sum + apiCalls, 0)
        const { cycleTime, apiCalls } = metrics.getMetrics()
        expect(cycleTime).to.deep.equal({
          min: Math.min(...times),
          max: Math.max(...times),
          average: times.reduce((a, b) => a + b) / times.length,
          last: times.at(-1),
        })
        expect(apiCalls).to.deep.equal({ total, perCycle: total / cycles.length })
      }),
    )
  })

  it('counts what happens between two cycles in the later one, also over a reset', () => {
    const metrics = new CycleMetrics(0)
    metrics.incrementMetric('storeQueries', 2)
    metrics.incrementMetric('exits.stop-loss')
    metrics.resetMetrics(9)
    metrics.incrementMetric('apiCalls')
    metrics.incrementMetric('errors.timeout')
    metrics.recordCycleMetrics({ cycleTime: 1, positions: 1, ...metrics.takeCounts() })
    metrics.recordCycleMetrics({ cycleTime: 1, positions: 1, ...metrics.takeCounts() })
    const report = metrics.getMetrics()
    expect([report.storeQueries.total, report.apiCalls.total]).to.deep.equal([2, 1])
    expect([report.exits, report.errors, report.since]).to.deep.equal([
      { 'stop-loss': 1 },
      { timeout: 1 },
      9,
    ])
  })

  it('keeps a bounded number of kinds, whatever the errors are called', () => {
    const metrics = new CycleMetrics(0)
    for (let i = 0; i < 500; i++) metrics.incrementMetric(`errors.e${i}`)
    metrics.recordCycleMetrics(aCycle(metrics.takeCounts()))
    const { errors } = metrics.getMetrics()
    expect(Object.keys(errors).length).to.be.at.most(101)
    expect(Object.values(errors).reduce((a, b) => a + b)).to.equal(500)
  })
})
