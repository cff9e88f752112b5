import { z } from 'zod'
import { breakerOptions } from '../resilience/breaker-options.ts'
import { throttleOptions } from '../resilience/throttle.ts'
import { compileRuleSet } from '../risk/rule-set.ts'

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
    /** Age of what the venue said of a holding above which an order asks again before it leaves. */
    holdingFreshMs: ms.min(100).max(60_000).default(1_000),
    /** Without an answer about the holding for so long, an order leaves by what was known last; absent: never. */
    sendUnverifiedAfterMs: ms.optional(),
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
    /** Holdings that no position names: `alert` tells of them, `rules` also guards them. */
    adopt: z.enum(['off', 'alert', 'rules']).default('alert'),
    /** The rules of positions that are adopted. */
    defaultRules: z.record(z.string(), z.unknown()).optional(),
    /** Instruments that are adopted; `*` stands for any text. */
    instruments: z.array(z.string().min(1)).min(1).optional(),
    /** A holding that is nobody's for so long is adopted. */
    adoptAfterMs: ms.default(10_000),
    /** With an empty store nothing is sent before a person has confirmed what the account holds. */
    confirm: z.boolean().default(true),
  })
  .superRefine(({ adopt, defaultRules, instruments }, { addIssue }) => {
    if (adopt === 'rules' && instruments === undefined) {
      const message = "a list of instruments, such as ['BTC*'], as adopt is rules"
      addIssue({ code: 'custom', path: ['instruments'], message })
    }
    if (adopt === 'rules' && defaultRules === undefined) {
      const message = 'the rules of what is adopted, as adopt is rules'
      addIssue({ code: 'custom', path: ['defaultRules'], message })
    }
    for (const { path, expected } of compileRuleSet(defaultRules ?? {}).faults ?? []) {
      addIssue({ code: 'custom', path: ['defaultRules', ...path], message: expected })
    }
  })
  .prefault({})
