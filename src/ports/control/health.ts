import { z } from 'zod'
import { time, type Answer } from './answer.ts'

export const healthStatus = z.enum(['pass', 'warn', 'fail'])

/** `warn`: a person should check; `fail`: a person must act. */
export type HealthStatus = z.infer<typeof healthStatus>

/** One measured thing, as application/health+json has it. */
const healthCheck = z.object({
  componentId: z.string().optional().describe('The account, where there are several.'),
  componentType: z.string(),
  observedValue: z.union([z.number(), z.string(), z.boolean()]),
  observedUnit: z.string().optional(),
  status: healthStatus,
  time: z.string().describe('ISO 8601.'),
  output: z.string().optional(),
})

/** One check of health, as application/health+json has it. */
export interface HealthCheck extends Answer<typeof healthCheck> {}

const output = z.array(z.string()).describe('Why it is not `pass`, most serious first; at most 20.')
const checks = z.record(z.string(), z.array(healthCheck)).describe('By `component:measurement`.')

/** The state of the service at one moment. */
const healthSnapshot = z.object({
  status: healthStatus,
  at: time,
  since: time
    .optional()
    .describe(
      'When the status became what it is, epoch ms; absent where one snapshot stands alone.',
    ),
  output,
  checks,
})

/** The health of the service at one moment; `at` and `since` are epoch ms. */
export interface HealthSnapshot extends Answer<typeof healthSnapshot> {}

/** The body of `GET /health`. */
export const healthReport = z.object({
  status: healthStatus,
  version: z.string().describe('Release of watchkeeper.'),
  output,
  checks,
})

/** The body of `GET /health`. */
export interface HealthReport extends Answer<typeof healthReport> {}

/** `GET /readyz`. */
export const readiness = z.discriminatedUnion('ready', [
  z.object({ ready: z.literal(true) }),
  z.object({ ready: z.literal(false), why: z.string() }),
])

export type Readiness = Answer<typeof readiness>
