import type { Percentiles, PerformanceReport } from '../ports/control/performance.ts'
import type { Profiler } from './profiler.ts'

/** One point of the history: the measurements of the span that ended `at` (epoch ms). */
export interface RollUp {
  readonly at: number
  readonly operations: Readonly<Record<string, Percentiles>>
}

export interface ReportOptions {
  readonly profiler: Pick<Profiler, 'totals' | 'slowest'>
  /** Minutes, oldest first. */
  readonly minutes: readonly RollUp[]
  /** Hours, oldest first. */
  readonly hours: readonly RollUp[]
  /** Epoch ms. */
  readonly now: number
  /** A change beyond it is marked, percent; default 50. */
  readonly thresholdPct?: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** The span that counts as the present. */
const PRESENT = 5 * MINUTE

/** Percentiles of every operation, the slowest cycles, and how the last minutes compare with the past. */
export function getPerformanceReport({
  profiler,
  minutes,
  hours,
  now,
  thresholdPct = 50,
}: ReportOptions): PerformanceReport {
  const within = (points: readonly RollUp[], fromMs: number, toMs: number): RollUp[] =>
    points.filter(({ at }) => at > now - fromMs && at <= now - toMs)
  const present = within(minutes, PRESENT, 0)
  const past = {
    hour: within(minutes, HOUR, PRESENT),
    day: within(hours, DAY, HOUR),
    week: within(hours, 7 * DAY, DAY),
  }
  const operations = profiler.totals()
  const trends = Object.keys(operations).flatMap(operation => {
    const p99 = p99Of(present, operation)
    if (p99 === null) return []
    const before = {
      hour: p99Of(past.hour, operation),
      day: p99Of(past.day, operation),
      week: p99Of(past.week, operation),
    }
    const changes = Object.values(before).flatMap(each =>
      each === null || each === 0 ? [] : [((p99 - each) / each) * 100],
    )
    const changePct = changes.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0] ?? null
    const isMarked = changePct !== null && Math.abs(changePct) > thresholdPct
    return [{ operation, present: p99, ...before, changePct, isMarked }]
  })
  return { at: now, operations, slowest: profiler.slowest, trends }
}

/** Average p99 of an operation over points, weighted by their counts; null without any. */
function p99Of(points: readonly RollUp[], operation: string): number | null {
  let count = 0
  let sum = 0
  for (const { operations } of points) {
    const found = operations[operation]
    if (found === undefined) continue
    count += found.count
    sum += found.p99 * found.count
  }
  return count === 0 ? null : sum / count
}

/** One point that combines several: counts are added, percentiles weighted, maxima kept. */
export function rolledUp(points: readonly RollUp[], at: number): RollUp {
  const names = new Set(points.flatMap(({ operations }) => Object.keys(operations)))
  const operations = [...names].map(name => {
    const found = points.flatMap(point => point.operations[name] ?? [])
    return [name, combined(found)] as const
  })
  return { at, operations: Object.fromEntries(operations) }
}

function combined(points: readonly Percentiles[]): Percentiles {
  const count = points.reduce((sum, point) => sum + point.count, 0)
  const weighed = (field: 'mean' | 'p50' | 'p90' | 'p99' | 'p999'): number =>
    points.reduce((sum, point) => sum + point[field] * point.count, 0) / count
  return {
    count,
    mean: weighed('mean'),
    p50: weighed('p50'),
    p90: weighed('p90'),
    p99: weighed('p99'),
    p999: weighed('p999'),
    max: Math.max(...points.map(({ max }) => max)),
  }
}
