import { z } from 'zod'
import { redisCheck, redisFields } from '../../redis/options.ts'
import { isTemplate } from './name.ts'

const name = z
  .string()
  .min(1)
  .max(400)
  .refine(isTemplate, { error: 'a name with <instrument> at most once' })

const ms = z.int().positive().max(86_400_000)

/** Where a Redis server keeps prices, and how the feed reads them. */
export const redisFeedSchema = z
  .strictObject({
    ...redisFields,
    push: z
      .enum(['pubsub', 'stream', 'none'])
      .default('pubsub')
      .describe(
        '`pubsub`: messages on `channel`; `stream`: entries of `stream`; `none`: hashes alone.',
      ),
    channel: name
      .default('ticks')
      .describe('Channel of the messages; with `<instrument>` in it, one for each instrument.'),
    stream: name
      .default('ticks')
      .describe('Stream of the entries; with `<instrument>` in it, one for each instrument.'),
    hash: z
      .union([
        z.literal(false),
        name.refine(text => text.includes('<instrument>'), {
          error: 'a name with <instrument> in it, or false',
        }),
      ])
      .default('tick:<instrument>')
      .describe('Hashes with the last price of each instrument; `false`: there are none.'),
    pullAfterMs: ms.default(2_000).meta({
      unit: 'ms',
      description: 'The hash of an instrument is read once nothing has been pushed for this long.',
    }),
    replayMs: ms.default(3_600_000).meta({
      unit: 'ms',
      description: 'A stream is read from where it was left, but from no further back than this.',
    }),
    replayEntries: z.int().positive().max(100_000_000).default(1_000_000).meta({
      unit: 'entries',
      description: 'Most entries of a stream that are read again at once; older ones are left out.',
    }),
  })
  .superRefine(...redisCheck)
  .superRefine(readsSomething, redisCheck[1])
  .describe('The server of `kind: redis`, and where its prices are.')

export type RedisFeedConfig = Readonly<z.output<typeof redisFeedSchema>>

function readsSomething(
  { push, hash }: { readonly push?: unknown; readonly hash?: unknown },
  context: z.RefinementCtx,
): void {
  if (push !== 'none' || hash !== false) return
  const message = 'pubsub or stream, as there are no hashes to be read'
  context.addIssue({ code: 'custom', path: ['push'], message })
}
