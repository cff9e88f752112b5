import { tallied, tally } from '../domain/tally.ts'
import type { CycleMetricsReport, Spread, Total } from '../ports/control/performance.ts'
import type { CycleCount, EventTotals } from '../ports/telemetry.ts'

/** Results of one monitoring cycle. */
export interface CycleRecord {
  /** How long it took, ms. */
  readonly cycleTime: number
  /** Open positions that it evaluated. */
  readonly positions: number
  readonly redisFetches: number
  readonly storeQueries: number
  readonly apiCalls: number
  /** Exits since the cycle before it, by reason. */
  readonly exits: Readonly<Record<string, number>>
  /** Errors since the cycle before it, by type. */
  readonly errors: Readonly<Record<string, number>>
  /** Whether it ended with an error; its time and counts are those up to then. */
  readonly hasFailed?: boolean
}

interface Running {
  count: number
  sum: number
  min: number
  max: number
  last: number
}

const running = (): Running => ({ count: 0, sum: 0, min: Infinity, max: -Infinity, last: 0 })

const CALLS = ['redisFetches', 'storeQueries', 'apiCalls'] as const satisfies readonly CycleCount[]

/** Counts by name that only grow. */
interface Counts {
  readonly calls: Map<string, number>
  readonly exits: Map<string, number>
  readonly errors: Map<string, number>
}

const noCounts = (): Counts => ({ calls: new Map(), exits: new Map(), errors: new Map() })

const copyOf = ({ calls, exits, errors }: Counts): Counts => ({
  calls: new Map(calls),
  exits: new Map(exits),
  errors: new Map(errors),
})

interface CycleCounts {
  readonly count: number
  readonly empty: number
  readonly failed: number
}

const NO_EVENTS: EventTotals = { exitsIntended: new Map(), errors: new Map() }

const NO_CYCLES: CycleCounts = { count: 0, empty: 0, failed: 0 }

/**
 * Sums up the monitoring cycles. What happens between two cycles (a store query of a monitor, a call of the
 * gateway) belongs to the later one. Totals only grow, as Prometheus wants them; a reset moves the point that
 * `getMetrics` counts from.
 */
export class CycleMetrics {
  private since: number
  private cycles = NO_CYCLES
  private cyclesBefore = NO_CYCLES
  private cycleTime = running()
  private positions = running()
  /** What recorded cycles did, and what they had done at the last reset. */
  private readonly recorded = noCounts()
  private recordedBefore = noCounts()
  /** Counted since the last cycle. */
  private present = noCounts()
  /** Events of each account that earlier cycles have. */
  private readonly events = new WeakMap<EventTotals, EventTotals>()

  /** `now`: epoch ms. */
  constructor(now: number) {
    this.since = now
  }

  /** Cycles since the process began; a reset does not change them. */
  get cyclesRun(): { readonly ok: number; readonly failed: number; readonly empty: number } {
    const { count, failed, empty } = this.cycles
    return { ok: count - failed, failed, empty }
  }

  /** Counts calls, exits (`exits.stop-loss`) or errors (`errors.timeout`) of the present cycle. */
  incrementMetric(name: CycleCount | `exits.${string}` | `errors.${string}`, by = 1): void {
    const { calls, exits, errors } = this.present
    if (name.startsWith('exits.')) tally(exits, name.slice('exits.'.length), by)
    else if (name.startsWith('errors.')) tally(errors, name.slice('errors.'.length), by)
    else tally(calls, name, by)
  }

  /**
   * Returns what was counted since the last cycle, as the counts of the one that ends now: here, and in the
   * totals of an account.
   */
  takeCounts(events?: EventTotals): Omit<CycleRecord, 'cycleTime' | 'positions' | 'hasFailed'> {
    const { present } = this
    this.present = noCounts()
    if (events !== undefined) this.takeEvents(events, present)
    return {
      redisFetches: present.calls.get('redisFetches') ?? 0,
      storeQueries: present.calls.get('storeQueries') ?? 0,
      apiCalls: present.calls.get('apiCalls') ?? 0,
      exits: Object.fromEntries(present.exits),
      errors: Object.fromEntries(present.errors),
    }
  }

  /** What has happened in an account since its last cycle. */
  private takeEvents(events: EventTotals, present: Counts): void {
    const before = this.events.get(events) ?? NO_EVENTS
    const { exitsIntended, errors } = events
    this.events.set(events, { exitsIntended: new Map(exitsIntended), errors: new Map(errors) })
    for (const [name, count] of Object.entries(tallied(exitsIntended, before.exitsIntended)))
      tally(present.exits, name, count)
    for (const [name, count] of Object.entries(tallied(errors, before.errors)))
      tally(present.errors, name, count)
  }

  /**
   * Adds a cycle, also an empty or failed one.
   *
   * @throws RangeError for a time below 0 or not a number.
   */
  recordCycleMetrics(record: CycleRecord): void {
    const { cycleTime, positions, hasFailed = false } = record
    if (!(cycleTime >= 0 && cycleTime < Infinity)) {
      throw new RangeError(`found a cycle of ${cycleTime} ms, expected 0 or more`)
    }
    const { count, empty, failed } = this.cycles
    this.cycles = {
      count: count + 1,
      empty: positions === 0 ? empty + 1 : empty,
      failed: hasFailed ? failed + 1 : failed,
    }
    observe(this.cycleTime, cycleTime)
    observe(this.positions, positions)
    const { calls, exits, errors } = this.recorded
    for (const name of CALLS) tally(calls, name, record[name])
    for (const [reason, by] of Object.entries(record.exits)) tally(exits, reason, by)
    for (const [type, by] of Object.entries(record.errors)) tally(errors, type, by)
  }

  /** All cycles since the last reset. */
  getMetrics(): CycleMetricsReport {
    const { cycles, cyclesBefore, recorded, recordedBefore } = this
    const count = cycles.count - cyclesBefore.count
    const calls = tallied(recorded.calls, recordedBefore.calls)
    const totalOf = (name: CycleCount): Total => {
      const total = calls[name] ?? 0
      return { total, perCycle: count === 0 ? null : total / count }
    }
    return {
      since: this.since,
      cycles: {
        count,
        empty: cycles.empty - cyclesBefore.empty,
        failed: cycles.failed - cyclesBefore.failed,
      },
      cycleTime: spreadOf(this.cycleTime),
      positions: spreadOf(this.positions),
      redisFetches: totalOf('redisFetches'),
      storeQueries: totalOf('storeQueries'),
      apiCalls: totalOf('apiCalls'),
      exits: tallied(recorded.exits, recordedBefore.exits),
      errors: tallied(recorded.errors, recordedBefore.errors),
    }
  }

  /** `getMetrics` counts from `now` (epoch ms) on; the present cycle keeps its counts. */
  resetMetrics(now: number): void {
    this.since = now
    this.cyclesBefore = this.cycles
    this.recordedBefore = copyOf(this.recorded)
    this.cycleTime = running()
    this.positions = running()
  }
}

function observe(sums: Running, value: number): void {
  sums.count++
  sums.sum += value
  sums.min = Math.min(sums.min, value)
  sums.max = Math.max(sums.max, value)
  sums.last = value
}

function spreadOf({ count, sum, min, max, last }: Running): Spread {
  if (count === 0) return { min: null, max: null, average: null, last: null }
  return { min, max, average: sum / count, last }
}
