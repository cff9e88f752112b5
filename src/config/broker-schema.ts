import { z } from 'zod'
import { httpBrokerSchema } from '../brokers/http.ts'
import { binanceSchema } from '../brokers/venue/binance/options.ts'
import { bybitSchema } from '../brokers/venue/bybit/options.ts'
import { okxSchema } from '../brokers/venue/okx/options.ts'

const callTimeoutMs = z.int().positive().max(600_000).default(5_000).meta({
  unit: 'ms',
  description:
    'Longest wait for one answer, from when the call leaves; after it the outcome is unknown, and the broker is asked.',
})

const paper = z.strictObject({
  kind: z.literal('paper').meta({
    default: 'paper',
    description: 'A simulated account in the data folder that fills at the prices of the feed.',
  }),
  delayMs: z
    .int()
    .nonnegative()
    .default(20)
    .meta({ unit: 'ms', description: 'Time between an act of the account and its answer.' }),
  callTimeoutMs,
})

const http = httpBrokerSchema.safeExtend({
  kind: z.literal('http').describe('Any broker behind the protocol of docs/brokers.md.'),
  callTimeoutMs,
})

const plugin = z.strictObject({
  kind: z.literal('plugin').describe('A broker of your own, from one of `plugins`.'),
  name: z.string().min(1).describe('Its name.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Its options.'),
  callTimeoutMs,
})

/** The broker that executes exits. */
export const brokerSchema = z
  .preprocess(
    given =>
      typeof given === 'object' && given !== null && !('kind' in given)
        ? { ...given, kind: 'paper' }
        : given,
    z.discriminatedUnion('kind', [paper, http, binanceSchema, bybitSchema, okxSchema, plugin]),
  )
  .prefault({})
  .describe('The broker that carries exits out.')
