import { performance } from 'node:perf_hooks'
import { tally } from '../domain/tally.ts'
import type { Clock } from '../ports/clock.ts'
import type { PerformanceReport } from '../ports/control/performance.ts'
import type { Store } from '../ports/store.ts'
import type { CycleCount, EventTotals, Telemetry } from '../ports/telemetry.ts'
import { CycleMetrics } from './cycle-metrics.ts'
import { Durations } from './durations.ts'
import type { ExitTime } from './exit-times.ts'
import { PerformanceHistory } from './history.ts'
import { watchLoopDelay } from './loop-delay.ts'
import type { CycleFacts } from './metrics/facts.ts'
import { metrics } from './metrics/registry.ts'
import { getPerformanceReport } from './performance.ts'
import { Profiler, type MeasuredCycle } from './profiler.ts'

type Counts = ReturnType<CycleMetrics['takeCounts']>

/** Counts without zeros. */
function flat({ exits, errors, ...calls }: Counts): Record<string, number> {
  const kinds = (of: Readonly<Record<string, number>>, what: string): [string, number][] =>
    Object.entries(of).map(([kind, count]) => [`${what}.${kind}`, count])
  const all = [...Object.entries(calls), ...kinds(exits, 'exits'), ...kinds(errors, 'errors')]
  return Object.fromEntries(all.filter(([, count]) => count > 0))
}

const RECENT_CYCLES = 20
const DELAY_WINDOW_MS = 60_000

/**
 * Measures a service: by cycle, by operation, and over weeks. Each duration is measured once, and each count is
 * kept once; the report of cycles, the percentiles and Prometheus read the same.
 */
export class Meters implements Telemetry {
  readonly cycles: CycleMetrics
  readonly profiler: Profiler
  /** The metrics for Prometheus. */
  readonly board = metrics()
  /** Commits so far, by whether the store took them. */
  readonly commits = { ok: 0, failed: 0 }
  /** Duration of cycles by phase, ms; a reset does not change it. */
  private readonly phasesMs = new Map<string, number>()
  private readonly clock: Clock
  private readonly endWatch: () => void
  private delaySince = 0
  private readonly recent: number[] = []
  /** Delays of timers since `delaySince`, ms. */
  private delay = new Durations()
  private history: PerformanceHistory | undefined

  constructor(clock: Clock) {
    this.clock = clock
    this.cycles = new CycleMetrics(clock.now())
    const monotonic = (): number => clock.monotonic()
    this.profiler = new Profiler({ now: () => clock.now(), monotonic })
    this.endWatch = watchLoopDelay(lateMs => {
      this.board.durations.loopDelay(lateMs / 1_000)
      this.delay.record(Math.round(lateMs))
    }, monotonic)
  }

  /** Cycles since the process began, and their duration by phase, ms. */
  get cyclesRun(): Pick<CycleFacts, 'ok' | 'failed' | 'empty' | 'phasesMs'> {
    return { ...this.cycles.cyclesRun, phasesMs: this.phasesMs }
  }

  /** Average of the last cycles, ms; 0 before the first. */
  get recentCycleMs(): number {
    const { recent } = this
    return recent.length === 0 ? 0 : recent.reduce((sum, ms) => sum + ms, 0) / recent.length
  }

  /** Delay of the event loop in the last minute or so, p99, ms. */
  get loopDelayMs(): number {
    return this.delay.percentiles({ p99: 99 }).p99
  }

  /** Time in which the event loop of this process was busy, ms. */
  get loopActiveMs(): number {
    return performance.eventLoopUtilization().active
  }

  /** Continues with the stored history. */
  async keepIn(store: Pick<Store, 'write' | 'rows'>): Promise<void> {
    this.history = await PerformanceHistory.open(store, this.clock.now())
  }

  /** Records the duration of a phase of an exit. */
  exitTook(stretch: ExitTime, ms: number): void {
    this.profiler.measure(stretch, ms)
    this.board.durations.exits[stretch](ms / 1_000)
  }

  /** Counts a call to the broker that has left, and records its duration. */
  callTook(labels: { readonly group: string; readonly operation: string }, ms: number): void {
    this.count('apiCalls')
    this.profiler.measure(`call.${labels.group}.${labels.operation}`, ms)
    this.board.durations.call(ms / 1_000, labels)
  }

  /** Measures a commit, also one that the store refuses. */
  async commit<Result>(write: () => Promise<Result>): Promise<Result> {
    const from = this.clock.monotonic()
    let result: 'ok' | 'failed' = 'failed'
    try {
      const answer = await write()
      result = 'ok'
      return answer
    } finally {
      this.commits[result]++
      const ms = this.clock.monotonic() - from
      this.profiler.measure('commit', ms)
      this.board.durations.commit(ms / 1_000)
    }
  }

  /** Records the duration of a command to Redis; `use` is the purpose of its connection. */
  redisTook(use: string, ms: number): void {
    this.profiler.measure(`redis.${use}`, ms)
    this.board.durations.redis(ms / 1_000, { use })
  }

  count(name: CycleCount | `errors.${string}`, by = 1): void {
    this.cycles.incrementMetric(name, by)
  }

  /** Epoch ms of the last stored minute; undefined without one. */
  get keptUntil(): number | undefined {
    return this.history?.points.minutes.at(-1)?.at
  }

  /**
   * Runs one monitoring cycle over so many positions, profiled and counted, also one that throws; `events` are the
   * totals of the account, whose change since the last cycle belongs to this one.
   */
  cycle(
    { positions, events }: { readonly positions: number; readonly events: EventTotals },
    run: (profiler: Profiler) => void,
  ): void {
    this.profiler.profileCycle(
      () => run(this.profiler),
      cycle => {
        const counts = this.cycles.takeCounts(events)
        this.ran(cycle, positions, counts)
        return { positions, ...flat(counts) }
      },
    )
  }

  private ran({ ms, phases, hasFailed }: MeasuredCycle, positions: number, counts: Counts): void {
    this.cycles.recordCycleMetrics({ cycleTime: ms, positions, ...counts, hasFailed })
    this.board.durations.cycle(ms / 1_000)
    for (const [phase, spent] of Object.entries(phases)) tally(this.phasesMs, phase, spent)
    this.recent.push(ms)
    if (this.recent.length > RECENT_CYCLES) this.recent.shift()
  }

  /** Stores the minute that has ended, if one has; throws as the store does. */
  async rollUp(): Promise<void> {
    if (this.clock.monotonic() - this.delaySince > DELAY_WINDOW_MS) {
      this.delaySince = this.clock.monotonic()
      this.delay = new Durations()
    }
    await this.history?.rollUp(this.profiler, this.clock.now())
  }

  /** Stops measuring the event loop. */
  stop(): void {
    this.endWatch()
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
