import { z } from 'zod'
import type { CycleMetricsReport } from '../observability/cycle-metrics.ts'
import type { PerformanceReport } from '../observability/performance.ts'
import type { GatewayView } from '../ports/control.ts'
import { level, shape } from './shape.ts'

const counts = z.record(z.string(), z.number())

const percentiles = z.looseObject({
  count: z.number(),
  mean: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
})

const spread = z.looseObject({ min: level, max: level, average: level, last: level })
const total = z.looseObject({ total: z.number(), perCycle: level })

/** `GET /api/report`. */
export const reportShape = shape<PerformanceReport>(
  z.looseObject({
    at: z.number(),
    operations: z.record(z.string(), percentiles),
    slowest: z.array(
      z.looseObject({ at: z.number(), ms: z.number(), phases: counts, did: counts }),
    ),
    trends: z.array(
      z.looseObject({
        operation: z.string(),
        present: z.number(),
        hour: level,
        day: level,
        week: level,
        changePct: level,
        isMarked: z.boolean(),
      }),
    ),
  }),
)

/** `GET /api/metrics`. */
export const metricsShape = shape<CycleMetricsReport>(
  z.looseObject({
    since: z.number(),
    cycles: z.looseObject({ count: z.number(), empty: z.number(), failed: z.number() }),
    cycleTime: spread,
    positions: spread,
    redisFetches: total,
    storeQueries: total,
    apiCalls: total,
    exits: counts,
    errors: counts,
  }),
)

/** `GET /api/gateway`. */
export const gatewayShape = shape<GatewayView>(
  z.looseObject({
    breakers: z.array(
      z.looseObject({
        group: z.string(),
        state: z.string(),
        retryInMs: level,
        refused: z.number(),
        transitions: z.array(z.looseObject({ at: z.number(), cause: z.string() })),
      }),
    ),
    limits: z.array(
      z.looseObject({
        name: z.string(),
        rate: z.number(),
        inFlight: z.number(),
        cuts: z.array(z.looseObject({ at: z.number(), reason: z.string() })),
        lanes: z.array(z.looseObject({ depth: z.number(), oldestWaitMs: z.number() })),
      }),
    ),
    calls: z.array(
      z.looseObject({
        at: z.number(),
        group: z.string(),
        operation: z.string(),
        ms: z.number(),
        outcome: z.string(),
      }),
    ),
  }),
)
