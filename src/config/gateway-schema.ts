import { z } from 'zod'
import { breakerOptions } from '../resilience/breaker-options.ts'
import { throttleOptions } from '../resilience/throttle.ts'

const ms = z.int().positive().max(86_400_000)

/** How calls to the broker are paced and broken off. */
export const gatewaySchema = z
  .strictObject({
    /** A circuit breaker for each group of endpoints. */
    breakers: z
      .strictObject({
        orders: breakerOptions.prefault({}),
        account: breakerOptions.prefault({}),
        quotes: breakerOptions.prefault({}),
      })
      .prefault({}),
    throttle: throttleOptions.prefault({}),
    /** Most calls that wait in one lane. */
    laneBound: z.int().positive().max(100_000).default(10_000),
  })
  .prefault({})

/** How exits are ordered, and tried again. */
export const exitsSchema = z
  .strictObject({
    style: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('market') }),
        z.strictObject({
          kind: z.literal('marketable-limit'),
          /** How far beyond the last price the limit lies, percent. */
          bandPct: z.number().positive().max(50),
          /** After this time the rest is sold at market. */
          escalateMs: ms,
        }),
      ])
      .default({ kind: 'market' }),
    /** An order that works longer is cancelled, and sent anew. */
    workingMs: ms.default(30_000),
    /** First wait after a rejection, doubled each time up to the longest. */
    retryMs: ms.default(1_000),
    maxRetryMs: ms.default(60_000),
    /** Wait while a market is closed. */
    closedMarketRetryMs: ms.default(15_000),
    /** Rejections from which an exit counts as stuck. */
    loudAfter: z.int().positive().default(5),
    /** Time without a proof after which that is told. */
    loudAfterMs: ms.default(30_000),
  })
  .refine(({ retryMs, maxRetryMs }) => retryMs <= maxRetryMs, {
    path: ['maxRetryMs'],
    error: 'at least retryMs',
  })
  .prefault({})

/** How the account's holdings are held against the positions. */
export const holdingsSchema = z
  .strictObject({
    /** Time between two lists of everything that is held. */
    reconcileMs: ms.default(5_000),
    /** Holdings that no position names: `alert` tells of them. */
    adopt: z.enum(['off', 'alert']).default('alert'),
    /** With an empty store nothing is sent before a person has confirmed what the account holds. */
    confirm: z.boolean().default(true),
  })
  .prefault({})
