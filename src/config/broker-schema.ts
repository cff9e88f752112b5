import { z } from 'zod'
import { httpBrokerSchema } from '../brokers/http.ts'
import { binanceSchema } from '../brokers/venue/binance/options.ts'

/** Longest wait for one answer, ms. */
const callTimeoutMs = z.int().positive().max(600_000).default(5_000)

const paper = z.strictObject({
  kind: z.literal('paper'),
  /** Time between acting and answering, ms. */
  delayMs: z.int().nonnegative().default(20),
  callTimeoutMs,
})

const http = httpBrokerSchema.safeExtend({ kind: z.literal('http'), callTimeoutMs })

/** Which broker carries exits out. */
export const brokerSchema = z
  .preprocess(
    given =>
      typeof given === 'object' && given !== null && !('kind' in given)
        ? { ...given, kind: 'paper' }
        : given,
    z.discriminatedUnion('kind', [paper, http, binanceSchema]),
  )
  .prefault({})
