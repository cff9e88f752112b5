import { z } from 'zod'
import { advisorsSchema } from '../advisors/options.ts'
import { logOptions } from '../observability/logger.ts'
import { notifySchema } from '../observability/notify/options.ts'
import { supervisionSchema } from '../resilience/supervision-policy.ts'
import { storeSchema } from '../stores/options.ts'
import { accountsSchema, feedsSchema } from './account-schema.ts'
import { brokerSchema } from './broker-schema.ts'
import { feedSchema } from './feed-schema.ts'
import { exitsSchema, gatewaySchema, holdingsSchema } from './gateway-schema.ts'
import { httpSchema } from './http-schema.ts'
import { instrumentsSchema, timezone } from './instrument-schema.ts'
import { massExitSchema, modeSchema } from './mode-schema.ts'
import { portfolioSchema } from './portfolio-schema.ts'

/** A duration in whole milliseconds above zero. */
const ms = z.int().positive()

const clock = z
  .strictObject({
    confirmMs: ms.max(3_600_000).default(10_000).meta({
      unit: 'ms',
      description: 'A jump of more than 2 s is followed once it has lasted this long.',
    }),
    maxStepMs: ms.default(7 * 86_400_000).meta({
      unit: 'ms',
      description:
        'A larger jump is followed only after a person has accepted it (`watchkeeper clock accept`).',
    }),
  })
  .prefault({})
  .describe('What happens when the wall clock is set while the service runs.')

const journal = z
  .strictObject({
    days: z
      .number()
      .positive()
      .max(36_500)
      .default(90)
      .meta({ unit: 'days', description: 'Lines older than this are deleted.' }),
    rows: z
      .int()
      .positive()
      .default(1_000_000)
      .meta({ unit: 'lines', description: 'The oldest lines beyond this number are deleted.' }),
  })
  .prefault({})
  .describe('How much of the journal is kept.')

const health = z
  .strictObject({
    exitOverdueMs: ms.default(30_000).meta({
      unit: 'ms',
      description: 'An exit that is open for longer makes health `fail`.',
    }),
    staleMs: ms.default(30_000).meta({
      unit: 'ms',
      description:
        'A price older than this is stale: health `warn`. A younger one is evaluated as soon as a position is added.',
    }),
    graceMs: z.int().nonnegative().default(10_000).meta({
      unit: 'ms',
      description:
        'How long an instrument may have no first price, or a position may lie before its `openedAt`, until health is `fail`.',
    }),
    slowLoopMs: ms.default(250).meta({
      unit: 'ms',
      description:
        'An event loop whose timers are later than this (p99 of a minute) makes health `warn`.',
    }),
  })
  .prefault({})
  .describe('Thresholds of the health checks.')

/** A rule set holds at most 32 rules: ours and those of plugins. */
const MOST_PLUGINS = 20

/** The service's configuration: every setting with its default, unit and meaning. */
export const serviceSchema = z
  .strictObject({
    positions: z
      .string({ error: 'the path of a positions file' })
      .min(1)
      .optional()
      .describe(
        'Path of the file of positions to guard from the start; absent: those that were added before, or none.',
      ),
    plugins: z
      .array(z.string().min(1))
      .max(MOST_PLUGINS)
      .default([])
      .describe('Paths of files of your own that bring rules, brokers, feeds, stores or channels.'),
    advisors: advisorsSchema,
    strict: z
      .boolean()
      .default(false)
      .describe('`true`: warnings about positions and rules are faults, and nothing starts.'),
    mode: modeSchema,
    dataFolder: z
      .string()
      .min(1)
      .default('data')
      .describe('Path of the folder of everything durable; one process owns it.'),
    clock,
    cycleMs: ms.min(50).max(60_000).default(500).meta({
      unit: 'ms',
      description: 'Time between monitoring cycles (deadlines, retries, limits, health).',
    }),
    http: httpSchema,
    feed: feedSchema,
    feeds: feedsSchema,
    accounts: accountsSchema,
    instruments: instrumentsSchema,
    portfolio: portfolioSchema,
    supervision: supervisionSchema,
    massExit: massExitSchema,
    entries: z
      .strictObject({
        skewMs: z.int().nonnegative().max(60_000).default(5_000).meta({
          unit: 'ms',
          description:
            'An `openedAt` that is ahead of the clock by at most this counts as now; one further ahead is refused.',
        }),
      })
      .prefault({})
      .describe('How new positions are checked.'),
    journal,
    broker: brokerSchema,
    acceptUnprovable: z
      .boolean()
      .default(false)
      .describe('`true`: starts with a venue that cannot prove that an exit is made only once.'),
    gateway: gatewaySchema,
    exits: exitsSchema,
    holdings: holdingsSchema,
    log: logOptions,
    display: z
      .strictObject({
        timezone: timezone
          .default('UTC')
          .describe(
            'Zone of times in the log as text and in messages to people, `Area/City`; JSON, CSV and the API keep UTC.',
          ),
      })
      .prefault({})
      .describe('How times are shown to people.'),
    notify: notifySchema,
    store: storeSchema,
    stop: z
      .strictObject({
        deadlineMs: ms.default(10_000).meta({
          unit: 'ms',
          description:
            'Longest orderly stop, exits in flight included; the last 2 s, at most a quarter, are for closing.',
        }),
      })
      .prefault({})
      .describe('The orderly stop.'),
    health,
  })
  .describe('The configuration of `watchkeeper run`.')

export type ServiceConfig = Readonly<z.infer<typeof serviceSchema>>
