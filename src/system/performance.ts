import { monitorEventLoopDelay } from 'node:perf_hooks'
import { CycleMetrics } from '../observability/cycle-metrics.ts'
import { getPerformanceReport, type PerformanceReport } from '../observability/performance.ts'
import { metrics } from '../observability/metrics/registry.ts'
import { Profiler } from '../observability/profiler.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { CycleCount, Telemetry } from '../ports/telemetry.ts'
import { PerformanceHistory } from './history.ts'

const RECENT_CYCLES = 20
const DELAY_RESOLUTION_MS = 10
const DELAY_WINDOW_MS = 60_000

/** Measures what a service does: cycle by cycle, operation by operation, and over weeks. */
export class Performance implements Telemetry {
  readonly cycles: CycleMetrics
  readonly profiler: Profiler
  /** What Prometheus scrapes. */
  readonly board = metrics()
  private readonly clock: Clock
  private delaySince = 0
  private readonly recent: number[] = []
  private readonly delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  private history: PerformanceHistory | undefined

  constructor(clock: Clock) {
    this.clock = clock
    this.cycles = new CycleMetrics(clock.now())
    this.delay.enable()
    this.profiler = new Profiler({ now: () => clock.now(), monotonic: () => clock.monotonic() })
  }

  /** Average of the last cycles, ms; 0 before the first. */
  get recentCycleMs(): number {
    const { recent } = this
    return recent.length === 0 ? 0 : recent.reduce((sum, ms) => sum + ms, 0) / recent.length
  }

  /** Time by which the event loop was late in the last minute or so, p99, ms. */
  get loopDelayMs(): number {
    return Math.max(0, this.delay.percentile(99) / 1e6 - DELAY_RESOLUTION_MS)
  }

  /** Goes on with the history that a store has kept. */
  async keepIn(store: Pick<Store, 'write' | 'rows'>): Promise<void> {
    this.history = await PerformanceHistory.open(store, this.clock.now())
  }

  /** An operation took so long: `exit.intended`, `exit.filled`, `call.<group>.<operation>`, `redis.<use>`. */
  measure(operation: string, ms: number): void {
    this.profiler.measure(operation, ms)
    const { durations } = this.board
    const [kind, first = '', second = ''] = operation.split('.')
    if (kind === 'call') durations.call(ms / 1_000, { group: first, operation: second })
    else if (kind === 'redis') durations.redis(ms / 1_000, { use: first })
    else if (first === 'intended') durations.intended(ms / 1_000)
    else if (first === 'filled') durations.filled(ms / 1_000)
  }

  count(name: CycleCount, by = 1): void {
    this.cycles.incrementMetric(name, by)
  }

  /** Epoch ms of the last minute that an earlier process has kept; undefined without one. */
  get keptUntil(): number | undefined {
    return this.history?.points.minutes.at(-1)?.at
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
      this.recent.push(cycleTime)
      if (this.recent.length > RECENT_CYCLES) this.recent.shift()
      this.cycles.recordCycleMetrics({ cycleTime, positions, ...counts, hasFailed })
    }
  }

  /** Keeps the minute that is over, if one is; throws as the store does. */
  async look(): Promise<void> {
    if (this.clock.monotonic() - this.delaySince > DELAY_WINDOW_MS) {
      this.delaySince = this.clock.monotonic()
      this.delay.reset()
    }
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
