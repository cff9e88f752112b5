import { z } from 'zod'
import { counts, maybe, time, type Answer } from './answer.ts'

const spread = z.object({ min: maybe, max: maybe, average: maybe, last: maybe })

/** Least, largest, average and last of something over all cycles; null before the first. */
export interface Spread extends Answer<typeof spread> {}

const total = z.object({
  total: z.number(),
  perCycle: maybe.describe('Null before the first cycle.'),
})

/** A sum over all cycles, and its average over them. */
export interface Total extends Answer<typeof total> {}

/** `GET /api/metrics`: everything that is known of the cycles since the last reset. */
export const cycleMetricsReport = z.object({
  since: time.describe('Of the last reset, or of the start, epoch ms.'),
  cycles: z.object({ count: z.number(), empty: z.number(), failed: z.number() }),
  cycleTime: spread.describe('Ms.'),
  positions: spread,
  redisFetches: total,
  storeQueries: total,
  apiCalls: total,
  exits: counts.describe('By reason.'),
  errors: counts.describe('By type.'),
})

/** What the cycles have done since the last reset, as `GET /api/metrics` answers. */
export interface CycleMetricsReport extends Answer<typeof cycleMetricsReport> {}

/** Percentiles of a duration, ms. */
const percentiles = z.object({
  count: z.number(),
  mean: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
})

/** Percentiles of a duration, ms. */
export interface Percentiles extends Answer<typeof percentiles> {}

/** One cycle that took long, and where its time went. */
const slowCycle = z.object({
  at: time.describe('Its end, epoch ms.'),
  ms: z.number(),
  phases: counts.describe('Ms by phase; what is left belongs to none.'),
  did: counts.describe('Calls, exits and errors, by name.'),
  hasFailed: z.boolean(),
})

/** A slow cycle, and where its time went. */
export interface SlowCycle extends Answer<typeof slowCycle> {}

/** How an operation has changed against the past. Ms. */
const trend = z.object({
  operation: z.string(),
  present: z.number().describe('P99 of the last minutes.'),
  hour: maybe.describe('P99 of the hour before; null where nothing is known.'),
  day: maybe,
  week: maybe,
  changePct: maybe.describe('Largest change against one of them, percent.'),
  isMarked: z.boolean().describe('Whether that is more than the threshold.'),
})

/** How the 99th percentile of an operation has changed, ms. */
export interface Trend extends Answer<typeof trend> {}

/** `GET /api/report`. */
export const performanceReport = z.object({
  at: time,
  operations: z
    .record(z.string(), percentiles)
    .describe('By operation, since the start or the last reset. Ms.'),
  slowest: z.array(slowCycle),
  trends: z.array(trend),
})

/** Percentiles, the slowest cycles and trends, as `GET /api/report` answers. */
export interface PerformanceReport extends Answer<typeof performanceReport> {}
