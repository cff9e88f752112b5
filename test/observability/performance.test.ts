import { expect } from 'chai'
import { getPerformanceReport, rolledUp, type RollUp } from '../../src/observability/performance.ts'
import type { Percentiles } from '../../src/ports/control/performance.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = 1_000 * HOUR

const of = (p99: number, count = 100): Percentiles => ({
  count,
  mean: 1,
  p50: 1,
  p90: 2,
  p99,
  p999: p99,
  max: p99,
})
const point = (agoMs: number, p99: number, count?: number): RollUp => ({
  at: NOW - agoMs,
  operations: { cycle: of(p99, count) },
})

const trendOf = (minutes: RollUp[], hours: RollUp[]) => {
  const profiler = { totals: () => ({ cycle: of(1) }), slowest: [] }
  return getPerformanceReport({ profiler, minutes, hours, now: NOW }).trends[0]
}

describe('getPerformanceReport', () => {
  it('marks an operation that has become slower than its past by more than the threshold', () => {
    const hours = [point(2 * 24 * HOUR, 4), point(2 * HOUR, 4)]
    const trend = trendOf([point(30 * MINUTE, 4), point(MINUTE, 6.1)], hours)
    expect(trend).to.deep.include({ present: 6.1, hour: 4, day: 4, week: 4, isMarked: true })
    expect(trend?.changePct).to.be.closeTo(52.5, 1e-9)
  })

  it('marks one that has become faster too, and leaves small changes alone', () => {
    expect(trendOf([point(30 * MINUTE, 4), point(MINUTE, 1.9)], [])?.isMarked).to.equal(true)
    expect(trendOf([point(30 * MINUTE, 4), point(MINUTE, 6)], [])?.isMarked).to.equal(false)
  })

  it('compares with nothing where there is no past', () => {
    expect(trendOf([point(MINUTE, 5)], [])).to.deep.include({
      hour: null,
      day: null,
      week: null,
      changePct: null,
      isMarked: false,
    })
    expect(trendOf([], [])).to.equal(undefined)
  })

  it('weighs each point by what it counts', () => {
    expect(trendOf([point(2 * MINUTE, 2, 300), point(MINUTE, 6, 100)], [])?.present).to.equal(3)
  })
})

describe('rolledUp', () => {
  it('adds counts, weighs percentiles and keeps the maximum', () => {
    const { operations } = rolledUp([point(0, 2, 300), point(0, 6, 100)], NOW)
    expect(operations['cycle']).to.deep.include({ count: 400, p99: 3, max: 6 })
  })
})
