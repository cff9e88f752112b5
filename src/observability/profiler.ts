import type { Percentiles, SlowCycle } from '../ports/control/performance.ts'
import { Durations } from './durations.ts'

/** Measurements of a span of time, for one point of a history. */
export interface Interval {
  /** By operation: `cycle`, `cycle.<phase>`, and other measured operations. */
  readonly operations: Readonly<Record<string, Percentiles>>
}

/** Duration of one cycle and of its phases, ms. */
export type MeasuredCycle = Pick<SlowCycle, 'ms' | 'phases' | 'hasFailed'>

export interface ProfilerOptions {
  /** Monotonic, ms. */
  monotonic(): number
  /** Epoch ms. */
  now(): number
  /** Slowest cycles that are remembered; default 20. */
  readonly slowest?: number
}

/** Most operations; their names come from code, so more of them would be a programming error. */
const MOST_OPERATIONS = 200
const NS_PER_MS = 1e6

/** Measures cycles, their phases and other operations; what it keeps is bounded. */
export class Profiler {
  private readonly options: ProfilerOptions & { readonly slowest: number }
  private readonly all = new Map<string, Durations>()
  private interval = new Map<string, Durations>()
  private slow: SlowCycle[] = []
  private phases: Record<string, number> | undefined

  constructor(options: ProfilerOptions) {
    this.options = { slowest: 20, ...options }
  }

  /**
   * Runs one cycle and measures it, also one that throws; rethrows the error. `did` is called at
   * its end with the measurement, and returns the counts of the cycle.
   */
  profileCycle<Result>(
    cycle: () => Result,
    did: (measured: MeasuredCycle) => Readonly<Record<string, number>> = () => ({}),
  ): Result {
    const { monotonic, now } = this.options
    const from = monotonic()
    const phases: Record<string, number> = {}
    this.phases = phases
    let hasFailed = true
    try {
      const result = cycle()
      hasFailed = false
      return result
    } finally {
      this.phases = undefined
      const ms = monotonic() - from
      this.measure('cycle', ms)
      for (const [phase, spent] of Object.entries(phases)) this.measure(`cycle.${phase}`, spent)
      const measured = { ms, phases, hasFailed }
      this.remember({ at: now(), ...measured, did: did(measured) })
    }
  }

  /** Runs a part of a cycle and adds its time to the phase; parts may be nested. */
  phase<Result>(name: string, part: () => Result): Result {
    const { phases } = this
    if (phases === undefined) return part()
    const { monotonic } = this.options
    const from = monotonic()
    try {
      return part()
    } finally {
      phases[name] = (phases[name] ?? 0) + monotonic() - from
    }
  }

  /** Adds a measured duration of an operation, ms. */
  measure(operation: string, ms: number): void {
    const ns = Math.max(0, Math.round(ms * NS_PER_MS))
    durationsIn(this.all, operation)?.record(ns)
    durationsIn(this.interval, operation)?.record(ns)
  }

  /** Percentiles by operation since the start or the last reset. */
  totals(): Readonly<Record<string, Percentiles>> {
    return percentilesOf(this.all)
  }

  /** The slowest cycles, slowest first. */
  get slowest(): readonly SlowCycle[] {
    return this.slow
  }

  /** The measurements since the last call. */
  takeInterval(): Interval {
    const operations = percentilesOf(this.interval)
    this.interval = new Map()
    return { operations }
  }

  /** Resets everything except the interval in progress. */
  reset(): void {
    this.all.clear()
    this.slow = []
  }

  private remember(cycle: SlowCycle): void {
    const { slowest } = this.options
    if (this.slow.length === slowest && cycle.ms <= this.slow.at(-1)!.ms) return
    this.slow = [...this.slow, cycle].toSorted((a, b) => b.ms - a.ms).slice(0, slowest)
  }
}

function durationsIn(all: Map<string, Durations>, operation: string): Durations | undefined {
  const known = all.get(operation)
  if (known !== undefined || all.size >= MOST_OPERATIONS) return known
  const fresh = new Durations()
  all.set(operation, fresh)
  return fresh
}

const SHARES = { p50: 50, p90: 90, p99: 99, p999: 99.9 }

function percentilesOf(all: ReadonlyMap<string, Durations>): Record<string, Percentiles> {
  return Object.fromEntries(
    [...all].map(([operation, durations]) => {
      const { p50, p90, p99, p999 } = durations.percentiles(SHARES)
      const inMs = (ns: number): number => ns / NS_PER_MS
      return [
        operation,
        {
          count: durations.count,
          mean: inMs(durations.mean),
          p50: inMs(p50),
          p90: inMs(p90),
          p99: inMs(p99),
          p999: inMs(p999),
          max: inMs(durations.max),
        },
      ]
    }),
  )
}
