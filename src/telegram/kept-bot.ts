import { z } from 'zod'

const wish = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exit'), id: z.string(), openedAt: z.number() }),
  z.strictObject({
    kind: z.literal('switch'),
    state: z.enum(['flatten', 'halt', 'off']),
    held: z.enum(['send', 'discard']).optional(),
  }),
])

/** An act that waits for its confirmation. */
const question = z.strictObject({
  nonce: z.string(),
  user: z.int(),
  chat: z.int(),
  wish,
  /** When it was asked, epoch ms. */
  at: z.number(),
  /** When the act began, epoch ms: the process may have ended before its answer. */
  begunAt: z.number().optional(),
})
export type Question = z.infer<typeof question>
export type KeptWish = z.infer<typeof wish>

/** What a bot remembers over the end of a process. */
export const keptBot = z.strictObject({
  /** Number of the last update that was taken, and when (epoch ms). */
  last: z.strictObject({ id: z.int(), at: z.number() }).optional(),
  questions: z.array(question).max(50),
})
export type KeptBot = z.infer<typeof keptBot>
