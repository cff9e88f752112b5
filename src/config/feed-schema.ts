import { z } from 'zod'
import { publicVenueSchema } from '../brokers/venue/public.ts'
import { redisFeedSchema } from '../feeds/redis/options.ts'
import { always } from '../resilience/options.ts'

const ms = z.int().positive()

/** Where prices come from, and which of them count. */
export const feedSchema = z
  .strictObject({
    kind: z
      .enum(['simulated', 'broker', 'venue', 'poll', 'redis', 'plugin'])
      .default('simulated')
      .describe(
        '`simulated`: a seeded random walk over eight instruments; `broker`: quotes of the broker, streamed where its venue has streams and polled otherwise; `venue`: public quotes of a venue, without an account there; `poll`: quotes of the broker, polled; `redis`: prices in Redis; `plugin`: a feed of your own.',
      ),
    seed: z.int().default(1).describe('Seed of the simulated prices.'),
    intervalMs: ms
      .default(100)
      .meta({ unit: 'ms', description: 'Time between two deliveries of simulated ticks.' }),
    pollMs: ms.min(100).default(1_000).meta({
      unit: 'ms',
      description: 'Time between two requests for the prices that are not pushed.',
    }),
    pollAfterMs: ms.default(5_000).meta({
      unit: 'ms',
      description:
        'An instrument that a stream of a venue pushed nothing about for this long is polled until it does.',
    }),
    heartbeatMs: ms.min(100).max(60_000).default(10_000).meta({
      unit: 'ms',
      description:
        'Time between two heartbeats on a stream of a venue; a connection on which nothing arrived in between is replaced.',
    }),
    venue: publicVenueSchema.exactOptional().describe('The venue of `kind: venue`.'),
    redis: redisFeedSchema.exactOptional(),
    plugin: z
      .strictObject({
        name: z.string().min(1).describe('Its name.'),
        options: z.record(z.string(), z.unknown()).default({}).describe('Its options.'),
      })
      .exactOptional()
      .describe('A feed of your own, from one of `plugins`.'),
    acceptSimulated: z
      .boolean()
      .default(false)
      .describe('`true`: starts with simulated prices although the broker is a real one.'),
    maxJumpPct: z.number().positive().optional().meta({
      unit: '%',
      description:
        'A tick further than this from the last good one waits for the next tick to confirm it; absent: any tick counts.',
    }),
    confirmMs: ms.default(5_000).meta({
      unit: 'ms',
      description: 'A held tick that waits longer for its confirmation makes health `warn`.',
    }),
    maxTickAgeMs: ms.optional().meta({
      unit: 'ms',
      description:
        'A tick older than this by its own time shows a price but exits no position; absent: `health.staleMs` for prices from a broker or from Redis, any age for simulated ones.',
    }),
  })
  .superRefine(needsServer, always)
  .prefault({})
  .describe('Where prices come from, and which of them count.')

function needsServer(
  {
    kind,
    redis,
    plugin,
    venue,
  }: { readonly kind?: unknown; redis?: unknown; plugin?: unknown; venue?: unknown },
  context: z.RefinementCtx,
): void {
  if (kind === 'plugin' && plugin === undefined) {
    const message = 'the name of a feed of one of the plugins, as feed.kind is plugin'
    context.addIssue({ code: 'custom', path: ['plugin', 'name'], message })
  }
  if (kind === 'venue' && venue === undefined) {
    const message = 'binance, bybit or okx, as feed.kind is venue'
    context.addIssue({ code: 'custom', path: ['venue', 'kind'], message })
  }
  if (kind !== 'redis' || redis !== undefined) return
  const message = 'an address such as redis://127.0.0.1:6379, as feed.kind is redis'
  context.addIssue({ code: 'custom', path: ['redis', 'url'], message })
}
