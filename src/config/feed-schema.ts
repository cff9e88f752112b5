import { z } from 'zod'
import { redisFeedSchema } from '../feeds/redis/options.ts'
import { always } from '../resilience/options.ts'

const ms = z.int().positive()

/** Where prices come from, and which of them count. */
export const feedSchema = z
  .strictObject({
    /** `poll`: prices come from the broker's quotes, asked for every `pollMs`. */
    kind: z.enum(['simulated', 'poll', 'redis']).default('simulated'),
    seed: z.int().default(1),
    intervalMs: ms.default(100),
    /** Time between two questions for the prices that nobody pushes, ms. */
    pollMs: ms.min(100).default(1_000),
    /** The server of `kind: redis`, and where its prices are. */
    redis: redisFeedSchema.exactOptional(),
    /** Goes on with invented prices although the broker is a real one. */
    acceptSimulated: z.boolean().default(false),
    /** Largest believable move from one tick to the next, percent; absent: any. */
    maxJumpPct: z.number().positive().optional(),
    /** A held tick that waits longer than this for the next one is a warning, ms. */
    confirmMs: ms.default(5_000),
    /**
     * A tick whose own time is older shows a price but exits no position, ms; absent: `health.staleMs`
     * for prices from a broker or from Redis, any for simulated ones.
     */
    maxTickAgeMs: ms.optional(),
  })
  .superRefine(needsServer, always)
  .prefault({})

function needsServer(
  { kind, redis }: { readonly kind?: unknown; readonly redis?: unknown },
  context: z.RefinementCtx,
): void {
  if (kind !== 'redis' || redis !== undefined) return
  const message = 'an address such as redis://127.0.0.1:6379, as feed.kind is redis'
  context.addIssue({ code: 'custom', path: ['redis', 'url'], message })
}
