import type { CycleMetricsReport, Spread, Total } from '../ports/control/performance.ts'
import type { CycleCount } from '../ports/telemetry.ts'

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

/** Most kinds of exits or errors; further ones are counted as `other`. */
const MOST_KINDS = 100
const OTHER = 'other'

/**
 * Sums up the monitoring cycles. What happens between two cycles (a store query of a monitor, a
 * call of the gateway) belongs to the later one.
 */
export class CycleMetrics {
  private since: number
  private empty = 0
  private failed = 0
  private cycleTime = running()
  private positions = running()
  private totals: Record<CycleCount, number> = { redisFetches: 0, storeQueries: 0, apiCalls: 0 }
  private exits = new Map<string, number>()
  private errors = new Map<string, number>()
  private present: Record<CycleCount, number> = { redisFetches: 0, storeQueries: 0, apiCalls: 0 }
  private presentExits = new Map<string, number>()
  private presentErrors = new Map<string, number>()

  /** `now`: epoch ms. */
  constructor(now: number) {
    this.since = now
  }

  /** Counts calls, exits (`exits.stop-loss`) or errors (`errors.timeout`) of the present cycle. */
  incrementMetric(name: CycleCount | `exits.${string}` | `errors.${string}`, by = 1): void {
    if (name.startsWith('exits.')) addTo(this.presentExits, name.slice('exits.'.length), by)
    else if (name.startsWith('errors.')) addTo(this.presentErrors, name.slice('errors.'.length), by)
    else this.present[name as CycleCount] += by
  }

  /** Returns what was counted since the last cycle, as the counts of the one that ends now. */
  takeCounts(): Omit<CycleRecord, 'cycleTime' | 'positions' | 'hasFailed'> {
    const counts = {
      ...this.present,
      exits: Object.fromEntries(this.presentExits),
      errors: Object.fromEntries(this.presentErrors),
    }
    this.present = { redisFetches: 0, storeQueries: 0, apiCalls: 0 }
    this.presentExits = new Map()
    this.presentErrors = new Map()
    return counts
  }

  /**
   * Adds a cycle, also an empty or failed one.
   *
   * @throws RangeError for a time below 0 or not a number.
   */
  recordCycleMetrics(record: CycleRecord): void {
    if (!(record.cycleTime >= 0 && record.cycleTime < Infinity)) {
      throw new RangeError(`found a cycle of ${record.cycleTime} ms, expected 0 or more`)
    }
    if (record.positions === 0) this.empty++
    if (record.hasFailed === true) this.failed++
    observe(this.cycleTime, record.cycleTime)
    observe(this.positions, record.positions)
    for (const name of ['redisFetches', 'storeQueries', 'apiCalls'] as const) {
      this.totals[name] += record[name]
    }
    for (const [reason, count] of Object.entries(record.exits)) addTo(this.exits, reason, count)
    for (const [type, count] of Object.entries(record.errors)) addTo(this.errors, type, count)
  }

  /** All cycles since the last reset. */
  getMetrics(): CycleMetricsReport {
    const { count } = this.cycleTime
    const totalOf = (name: CycleCount): Total => ({
      total: this.totals[name],
      perCycle: count === 0 ? null : this.totals[name] / count,
    })
    return {
      since: this.since,
      cycles: { count, empty: this.empty, failed: this.failed },
      cycleTime: spreadOf(this.cycleTime),
      positions: spreadOf(this.positions),
      redisFetches: totalOf('redisFetches'),
      storeQueries: totalOf('storeQueries'),
      apiCalls: totalOf('apiCalls'),
      exits: Object.fromEntries(this.exits),
      errors: Object.fromEntries(this.errors),
    }
  }

  /** Resets the totals, at `now` (epoch ms); the present cycle keeps its counts. */
  resetMetrics(now: number): void {
    this.since = now
    this.empty = 0
    this.failed = 0
    this.cycleTime = running()
    this.positions = running()
    this.totals = { redisFetches: 0, storeQueries: 0, apiCalls: 0 }
    this.exits = new Map()
    this.errors = new Map()
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

function addTo(counts: Map<string, number>, key: string, by: number): void {
  const name = counts.has(key) || counts.size < MOST_KINDS ? key : OTHER
  counts.set(name, (counts.get(name) ?? 0) + by)
}
