import { z } from 'zod'
import { redisCheck, redisFields } from '../redis/options.ts'

const ms = z.int().positive()

/** Positions that are over and still known by their id; the oldest are forgotten first. */
const closedRows = z.int().positive().default(100_000)

const lmdb = z.strictObject({ kind: z.literal('lmdb'), closedRows })

/** The server, and what this store is there. */
const server = z
  .strictObject({
    ...redisFields,
    /** Begins each key; one for each guarded account. */
    prefix: z
      .string()
      .regex(/^[\w.{}-]{1,60}$/, 'at most 60 letters, digits and any of . _ - { }')
      .default('watchkeeper'),
    /** Replicas that must have a write before it counts as durable. */
    waitReplicas: z.int().min(0).max(10).default(0),
  })
  .superRefine(...redisCheck)

/** Commands that may take their full time within a lease. */
const COMMANDS_IN_LEASE = 3

const redis = z
  .strictObject({
    kind: z.literal('redis'),
    closedRows,
    redis: server,
    /**
     * `solo`: no other process may exist; while the server is away, writes are kept on this machine.
     * `lease`: others may wait to take over; while the server is away nothing is sent.
     */
    exclusive: z.enum(['solo', 'lease']).default('solo'),
    /** Time without a sign of life after which another process may take over, ms. */
    leaseMs: ms.min(500).max(600_000).default(10_000),
    /** Journal lines that are kept on this machine while the server is away. */
    outageLines: ms.default(100_000),
  })
  .superRefine(({ leaseMs, redis: { commandTimeoutMs } }, context) => {
    const least = COMMANDS_IN_LEASE * commandTimeoutMs
    if (leaseMs >= least) return
    const message = `at least ${least}: ${COMMANDS_IN_LEASE} times redis.commandTimeoutMs`
    context.addIssue({ code: 'custom', path: ['leaseMs'], message })
  })

/** Where state is kept. */
export const storeSchema = z
  .preprocess(
    given =>
      typeof given === 'object' && given !== null && !('kind' in given)
        ? { ...given, kind: 'lmdb' }
        : given,
    z.discriminatedUnion('kind', [lmdb, redis]),
  )
  .prefault({})

export type StoreConfig = Readonly<z.output<typeof storeSchema>>
export type RedisStoreConfig = Extract<StoreConfig, { kind: 'redis' }>
