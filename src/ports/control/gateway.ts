import { z } from 'zod'
import { maybe, time, type Answer } from './answer.ts'

const breakerView = z.object({
  group: z.string(),
  state: z.string(),
  retryInMs: maybe.describe('When a call may be tried again; null when only a person ends it.'),
  refused: z.number(),
  transitions: z.array(z.object({ from: z.string(), to: z.string(), at: time, cause: z.string() })),
})

const limitView = z.object({
  name: z.string(),
  shared: z.string().optional().describe('Name under which accounts share the limit.'),
  groups: z.array(z.string()),
  rate: z.number().describe('Calls a second.'),
  intervalMs: z.number(),
  ceilings: z.object({
    perSecond: maybe,
    perMinute: maybe,
    perHour: maybe.optional(),
    perDay: maybe,
  }),
  cuts: z.array(z.object({ at: time, from: z.number(), to: z.number(), reason: z.string() })),
  inFlight: z.number(),
  lanes: z.array(
    z.object({
      lane: z.string(),
      depth: z.number(),
      oldestWaitMs: z.number(),
      dropped: z.number(),
    }),
  ),
})

const callView = z.object({
  at: time,
  group: z.string(),
  operation: z.string(),
  ms: z.number(),
  outcome: z.string(),
})

/** `/api/gateway`: how calls to the broker fare. */
export const gatewayView = z.object({
  breakers: z.array(breakerView),
  limits: z.array(limitView),
  calls: z.array(callView).describe('The last calls, oldest first.'),
})

export interface GatewayView extends Answer<typeof gatewayView> {}

/** `POST /api/gateway/holdings/confirm`. */
export const confirmedView = z.object({ confirmed: z.literal(true) })
