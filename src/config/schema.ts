import { z } from 'zod'

/** A duration in whole milliseconds above zero. */
const ms = z.int().positive()

/** The service's configuration. Every default stands here, and in config/default.yaml with its meaning. */
export const serviceSchema = z.strictObject({
  /** Positions to guard from the start. */
  positions: z.string().min(1),
  /** Folder of everything durable. */
  dataFolder: z.string().min(1).default('data'),
  /** Time between monitoring cycles, ms. */
  cycleMs: ms.min(50).max(60_000).default(500),
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8080),
      /** Bearer token for state changes; better given as WATCHKEEPER_HTTP_TOKEN. */
      token: z.string().min(16).optional(),
    })
    .prefault({}),
  feed: z
    .strictObject({
      kind: z.literal('simulated').default('simulated'),
      seed: z.int().default(1),
      intervalMs: ms.default(100),
    })
    .prefault({}),
  broker: z
    .strictObject({
      kind: z.literal('paper').default('paper'),
      /** Time between acting and answering, ms. */
      delayMs: z.int().nonnegative().default(20),
      /** Longest wait for one answer, ms. */
      callTimeoutMs: ms.default(5_000),
    })
    .prefault({}),
  stop: z
    .strictObject({
      /** Longest wait for exits in flight at an orderly stop, ms. */
      deadlineMs: ms.default(10_000),
    })
    .prefault({}),
  health: z
    .strictObject({
      /** An exit that waits longer than this is a failure, ms. */
      exitOverdueMs: ms.default(30_000),
      /** A price older than this is stale, ms. */
      staleMs: ms.default(30_000),
    })
    .prefault({}),
})

export type ServiceConfig = Readonly<z.infer<typeof serviceSchema>>
