import { CycleMetrics } from '../observability/cycle-metrics.ts'
import { getPerformanceReport, type PerformanceReport } from '../observability/performance.ts'
import { Profiler } from '../observability/profiler.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { CycleCount, Telemetry } from '../ports/telemetry.ts'
import { PerformanceHistory } from './history.ts'

/** Measures what a service does: cycle by cycle, operation by operation, and over weeks. */
export class Performance implements Telemetry {
  readonly cycles: CycleMetrics
  readonly profiler: Profiler
  private readonly clock: Clock
  private history: PerformanceHistory | undefined

  constructor(clock: Clock) {
    this.clock = clock
    this.cycles = new CycleMetrics(clock.now())
    this.profiler = new Profiler({ now: () => clock.now(), monotonic: () => clock.monotonic() })
  }

  /** Goes on with the history that a store has kept. */
  async keepIn(store: Pick<Store, 'write' | 'rows'>): Promise<void> {
    this.history = await PerformanceHistory.open(store, this.clock.now())
  }

  count(name: CycleCount, by = 1): void {
    this.cycles.incrementMetric(name, by)
  }

  /** Runs one monitoring cycle over so many positions, profiled and counted, also one that throws. */
  cycle(positions: number, run: (profiler: Profiler) => void): void {
    const from = this.clock.monotonic()
    let hasFailed = true
    try {
      this.profiler.profileCycle(() => run(this.profiler))
      hasFailed = false
    } finally {
      const cycleTime = this.clock.monotonic() - from
      const counts = this.cycles.takeCounts()
      this.cycles.recordCycleMetrics({ cycleTime, positions, ...counts, hasFailed })
    }
  }

  /** Keeps the minute that is over, if one is; throws as the store does. */
  async look(): Promise<void> {
    await this.history?.look(this.profiler, this.clock.now())
  }

  reset(): void {
    this.cycles.resetMetrics(this.clock.now())
    this.profiler.reset()
  }

  report(): PerformanceReport {
    const { minutes, hours } = this.history?.points ?? { minutes: [], hours: [] }
    return getPerformanceReport({ profiler: this.profiler, minutes, hours, now: this.clock.now() })
  }
}
