import { z } from 'zod'
import { breakerOptions } from '../resilience/breaker-options.ts'
import { paceOptions } from '../resilience/throttle.ts'
import { compileRuleSet } from '../risk/rule-set.ts'

const ms = z.int().positive().max(86_400_000)

/** Breakers and pacing of calls to the broker. */
export const gatewaySchema = z
  .strictObject({
    breakers: z
      .strictObject({
        orders: breakerOptions.prefault({}).describe('Breaker of placing and cancelling orders.'),
        account: breakerOptions
          .prefault({})
          .describe('Breaker of questions about orders and holdings.'),
        quotes: breakerOptions.prefault({}).describe('Breaker of polled quotes.'),
      })
      .prefault({})
      .describe('A circuit breaker for each group of endpoints.'),
    throttle: paceOptions
      .prefault({})
      .describe('Pace of the calls of each limit in `broker.capabilities.limits`.'),
    limits: z
      .strictObject({
        shared: z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,39}$/, {
            error: 'at most 40 of a-z, 0-9 and -, the first of them a letter',
          })
          .describe('Name under which accounts share limits, such as those of a network address.'),
        names: z
          .array(z.string().min(1))
          .min(1)
          .max(20)
          .optional()
          .describe('The limits of the broker that are shared, by name; absent: all of them.'),
      })
      .optional()
      .describe('Limits that the account shares with others; absent: it has each of them alone.'),
    laneBound: z
      .int()
      .positive()
      .max(100_000)
      .default(10_000)
      .meta({ unit: 'calls', description: 'Most calls that wait in one lane.' }),
  })
  .prefault({})
  .describe('How calls to the broker are paced and broken off.')

const style = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('market').describe('Orders at market.') }),
    z.strictObject({
      kind: z
        .literal('marketable-limit')
        .describe('Limit orders that can be filled at once, with a bound on the price.'),
      bandPct: z
        .number()
        .positive()
        .max(50)
        .meta({ unit: '%', description: 'How far beyond the last price the limit lies.' }),
      escalateMs: ms.meta({
        unit: 'ms',
        description: 'After this time the limit order is cancelled, and the rest follows.',
      }),
    }),
  ])
  .default({ kind: 'market' })
  .describe('Type of the orders of an exit.')

/** Orders and retries of exits. */
export const exitsSchema = z
  .strictObject({
    style,
    workingMs: ms
      .default(30_000)
      .meta({ unit: 'ms', description: 'An order that works longer is cancelled, and sent anew.' }),
    retryMs: ms.default(1_000).meta({
      unit: 'ms',
      description: 'First wait after a rejection, doubled each time up to `maxRetryMs`.',
    }),
    maxRetryMs: ms
      .default(60_000)
      .meta({ unit: 'ms', description: 'Longest wait after a rejection.' }),
    closedMarketRetryMs: ms.default(15_000).meta({
      unit: 'ms',
      description: 'Wait after a rejection because the market is closed.',
    }),
    loudAfter: z.int().positive().default(5).meta({
      unit: 'rejections',
      description: 'From this number on an exit counts as stuck; it is tried again all the same.',
    }),
    loudAfterMs: ms.default(30_000).meta({
      unit: 'ms',
      description:
        'An order or a holding that is unproved for this long is reported: journal, and health `fail`.',
    }),
    holdingFreshMs: ms.min(100).max(60_000).default(1_000).meta({
      unit: 'ms',
      description:
        'An order whose knowledge of the holding is older than this asks again before it leaves.',
    }),
    sendUnverifiedAfterMs: ms.optional().meta({
      unit: 'ms',
      description:
        'Without an answer about the holding for this long, an exit leaves by the last known quantity; absent: never.',
    }),
  })
  .refine(({ retryMs, maxRetryMs }) => retryMs <= maxRetryMs, {
    path: ['maxRetryMs'],
    error: 'at least retryMs',
  })
  .prefault({})
  .describe('How exits are ordered, and tried again.')

/** How the account's holdings are compared with the positions. */
export const holdingsSchema = z
  .strictObject({
    reconcileMs: ms
      .default(5_000)
      .meta({ unit: 'ms', description: 'Time between two lists of everything that is held.' }),
    adopt: z
      .enum(['off', 'alert', 'rules'])
      .default('alert')
      .describe(
        'Holdings that no position names: `off`: nothing; `alert`: reported; `rules`: guarded by `defaultRules`.',
      ),
    defaultRules: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'Rules of adopted positions, as in a positions file; required with `adopt: rules`.',
      ),
    instruments: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'Instruments that are adopted; `*` stands for any text; required with `adopt: rules`.',
      ),
    adoptAfterMs: ms.default(10_000).meta({
      unit: 'ms',
      description: 'A holding is adopted once no position has owned it for this long.',
    }),
    confirm: z
      .boolean()
      .default(true)
      .describe(
        '`true`: with an empty store nothing is sent before a person has confirmed the holdings of the account.',
      ),
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
  .describe('How the holdings of the account are compared with the positions.')
