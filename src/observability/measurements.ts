import type { CycleMetricsReport, PerformanceReport } from '../ports/control/performance.ts'
import { CycleMetrics, type CycleRecord } from './cycle-metrics.ts'
import { getPerformanceReport } from './performance.ts'
import { Profiler } from './profiler.ts'

/** The clocks; by default those of the machine. */
export interface MeasuringClock {
  /** Epoch ms. */
  now(): number
  /** Monotonic, ms. */
  monotonic(): number
}

/**
 * Measures the cycles of any loop, without a running service. Each function works without its
 * object.
 */
export interface Measurements {
  /** Runs one cycle and measures it, also one that throws; rethrows the error. */
  profileCycle<Result>(cycle: () => Result): Result
  /** Runs a part of a cycle and adds its time to that phase; phases may be nested. */
  phase<Result>(name: string, part: () => Result): Result
  /** Counts calls (`apiCalls`), exits (`exits.stop-loss`) or errors (`errors.timeout`). */
  incrementMetric: CycleMetrics['incrementMetric']
  /**
   * Adds a cycle; what was counted since the last one and is not given belongs to it.
   *
   * @throws RangeError for a time below 0 or not a number.
   */
  recordCycleMetrics(
    record: Pick<CycleRecord, 'cycleTime' | 'positions'> & Partial<CycleRecord>,
  ): void
  /** All cycles since the last reset. */
  getMetrics(): CycleMetricsReport
  /** Resets all totals. */
  resetMetrics(): void
  /** Percentiles of cycles and phases since the start, and the slowest cycles. */
  getPerformanceReport(): PerformanceReport
}

const MACHINE: MeasuringClock = { now: () => Date.now(), monotonic: () => performance.now() }

/**
 * Creates counters and histograms of its own. The package exports those of the process under the same names:
 * `profileCycle`, `getMetrics` and so on. Durations are ms, times epoch ms.
 *
 * @example
 * ```ts
 * import { getMetrics, measurements, resetMetrics } from 'watchkeeper'
 *
 * let ms = 0
 * const { profileCycle, phase, incrementMetric, recordCycleMetrics, ...read } = measurements({
 *   now: () => 1_000 + ms,
 *   monotonic: () => ms,
 * })
 * profileCycle(() => phase('prices', () => void (ms += 4)))
 * incrementMetric('apiCalls')
 * recordCycleMetrics({ cycleTime: ms, positions: 2 })
 * read.getMetrics().cycleTime.average // => 4
 * read.getMetrics().apiCalls.total // => 1
 * read.getPerformanceReport().slowest[0]?.phases // => { prices: 4 }
 * resetMetrics() // Those of the process.
 * getMetrics().cycles.count // => 0
 * ```
 */
export function measurements(clock: MeasuringClock = MACHINE): Measurements {
  const cycles = new CycleMetrics(clock.now())
  const profiler = new Profiler(clock)
  return {
    profileCycle: cycle => profiler.profileCycle(cycle),
    phase: (name, part) => profiler.phase(name, part),
    incrementMetric: (name, by) => cycles.incrementMetric(name, by),
    recordCycleMetrics: record => cycles.recordCycleMetrics({ ...cycles.takeCounts(), ...record }),
    getMetrics: () => cycles.getMetrics(),
    resetMetrics: () => cycles.resetMetrics(clock.now()),
    getPerformanceReport: () =>
      getPerformanceReport({ profiler, minutes: [], hours: [], now: clock.now() }),
  }
}
