import { z } from 'zod'
import { logOptions } from '../observability/logger.ts'
import { channelOptions } from '../observability/notify/registry.ts'
import { supervisionSchema } from '../resilience/supervision-policy.ts'
import { storeSchema } from '../stores/options.ts'
import { brokerSchema } from './broker-schema.ts'
import { feedSchema } from './feed-schema.ts'
import { exitsSchema, gatewaySchema, holdingsSchema } from './gateway-schema.ts'
import { instrumentsSchema, timezone } from './instrument-schema.ts'
import { portfolioSchema } from './portfolio-schema.ts'

/** A duration in whole milliseconds above zero. */
const ms = z.int().positive()

/** The service's configuration. Every default stands here, and in config/default.yaml with its meaning. */
export const serviceSchema = z.strictObject({
  /** File of positions to guard from the start; absent: those that were added before, or none. */
  positions: z.string({ error: 'the path of a positions file' }).min(1).optional(),
  /** Warnings about positions and rules are faults: nothing starts with one. */
  strict: z.boolean().default(false),
  /** `observe` decides and journals, but sends nothing. */
  mode: z.enum(['guard', 'observe']).default('guard'),
  /** Folder of everything durable. */
  dataFolder: z.string().min(1).default('data'),
  /** What is done when the wall clock is set while the service runs. */
  clock: z
    .strictObject({
      /** A jump of more than 2 s is followed once it has stayed for so long, ms. */
      confirmMs: ms.max(3_600_000).default(10_000),
      /** A larger jump is followed only when a person accepts it, ms. */
      maxStepMs: ms.default(7 * 86_400_000),
    })
    .prefault({}),
  /** Time between monitoring cycles, ms. */
  cycleMs: ms.min(50).max(60_000).default(500),
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8080),
      /** Bearer token for state changes; better given as WATCHKEEPER_HTTP_TOKEN. */
      token: z.string().min(16).optional(),
      /** Most connections at once; the longest idle one makes room for a new one. */
      maxConnections: z.int().min(10).max(10_000).default(200),
      /** Longest time that a request takes to arrive, ms; its head may take a third of it. */
      requestMs: ms.max(600_000).default(30_000),
    })
    .prefault({}),
  feed: feedSchema,
  instruments: instrumentsSchema,
  portfolio: portfolioSchema,
  supervision: supervisionSchema,
  /** More price exits at once than these wait for a second source; absent: none waits. */
  massExit: z
    .strictObject({
      max: z.int().positive(),
      withinMs: ms.default(1_000),
      confirmMs: ms.max(60_000).default(2_000),
    })
    .optional(),
  entries: z
    .strictObject({
      /** An `openedAt` that is ahead of the clock by at most this is taken for now, ms. */
      skewMs: z.int().nonnegative().max(60_000).default(5_000),
    })
    .prefault({}),
  journal: z
    .strictObject({
      /** Lines older than this are taken away. */
      days: z.number().positive().max(36_500).default(90),
      /** Oldest lines beyond so many are taken away. */
      rows: z.int().positive().default(1_000_000),
    })
    .prefault({}),
  broker: brokerSchema,
  /** Goes on with a venue where nothing proves that an exit is made only once. */
  acceptUnprovable: z.boolean().default(false),
  gateway: gatewaySchema,
  exits: exitsSchema,
  holdings: holdingsSchema,
  log: logOptions,
  /** How people are shown what happens; APIs, JSON and CSV keep UTC and epoch ms. */
  display: z
    .strictObject({
      /** Zone of times in the log as text. */
      timezone: timezone.default('UTC'),
    })
    .prefault({}),
  /** Who is told when health changes. */
  notify: z
    .strictObject({
      /** Name of this service in messages. */
      service: z.string().min(1).max(100).default('watchkeeper'),
      /** Time that a status must have lasted before it is sent, ms. */
      settleMs: z.int().nonnegative().default(5_000),
      /**
       * Longest time that a better status must last before it is sent where it has come and gone, or
       * the process before ended without order, ms; so many ends count towards a crash loop, too.
       */
      maxSettleMs: ms.default(900_000),
      /** Most messages of one channel in an hour. */
      maxPerHour: z.int().positive().default(20),
      channels: z.array(channelOptions).max(20).default([]),
      /** A URL that is called while health is not `fail`. */
      heartbeat: z
        .strictObject({
          url: z.url({ protocol: /^https?$/ }),
          everyMs: ms.min(1_000).default(60_000),
        })
        .optional(),
    })
    .prefault({}),
  store: storeSchema,
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
      /**
       * Time that an instrument may be without its first price, or a position not open yet, before that
       * is a failure, ms.
       */
      graceMs: z.int().nonnegative().default(10_000),
      /** An event loop that is later than this (p99 of a minute) is slow, ms. */
      slowLoopMs: ms.default(250),
    })
    .prefault({}),
})

export type ServiceConfig = Readonly<z.infer<typeof serviceSchema>>
