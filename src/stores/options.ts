import { z } from 'zod'
import { redisCheck, redisFields } from '../redis/options.ts'

const ms = z.int().positive()

const closedRows = z.int().positive().default(100_000).meta({
  unit: 'positions',
  description: 'Closed positions that are remembered by id; the oldest are deleted first.',
})

const lmdb = z.strictObject({
  kind: z.literal('lmdb').meta({ default: 'lmdb', description: 'State in the data folder.' }),
  closedRows,
})

const plugin = z.strictObject({
  kind: z.literal('plugin').describe('A store of your own, from one of `plugins`.'),
  name: z.string().min(1).describe('Its name.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Its options.'),
  closedRows,
})

/** The server and the settings of a store on it. */
const server = z
  .strictObject({
    ...redisFields,
    prefix: z
      .string()
      .regex(/^[\w.{}-]{1,60}$/, 'at most 60 letters, digits and any of . _ - { }')
      .default('watchkeeper')
      .describe('Prefix of each key; another one for each guarded account.'),
    waitReplicas: z.int().min(0).max(10).default(0).meta({
      unit: 'replicas',
      description: 'Replicas that must have a write before it counts as durable.',
    }),
  })
  .superRefine(...redisCheck)

/** Commands with their full timeout that must fit into one lease. */
const COMMANDS_IN_LEASE = 3

const redis = z
  .strictObject({
    kind: z.literal('redis').describe('State in a Redis server.'),
    closedRows,
    redis: server.describe('The server that keeps the state.'),
    exclusive: z
      .enum(['solo', 'lease'])
      .default('solo')
      .describe(
        '`solo`: no other process may exist; while the server is unreachable, writes are stored on this machine. `lease`: other processes may wait to take over; while the server is unreachable nothing is sent.',
      ),
    leaseMs: ms.min(500).max(600_000).default(10_000).meta({
      unit: 'ms',
      description: 'Time without a renewal after which another process may take over.',
    }),
    outageLines: ms.default(100_000).meta({
      unit: 'lines',
      description: 'Journal lines that are stored on this machine while the server is unreachable.',
    }),
  })
  .superRefine(({ leaseMs, redis: { commandTimeoutMs } }, context) => {
    const least = COMMANDS_IN_LEASE * commandTimeoutMs
    if (leaseMs >= least) return
    const message = `at least ${least}: ${COMMANDS_IN_LEASE} times redis.commandTimeoutMs`
    context.addIssue({ code: 'custom', path: ['leaseMs'], message })
  })

/** Where state is stored. */
export const storeSchema = z
  .preprocess(
    given =>
      typeof given === 'object' && given !== null && !('kind' in given)
        ? { ...given, kind: 'lmdb' }
        : given,
    z.discriminatedUnion('kind', [lmdb, redis, plugin]),
  )
  .prefault({})
  .describe('Where state is stored.')

export type StoreConfig = Readonly<z.output<typeof storeSchema>>
export type RedisStoreConfig = Extract<StoreConfig, { kind: 'redis' }>
