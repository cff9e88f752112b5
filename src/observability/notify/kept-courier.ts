import { z } from 'zod'

/** How far a channel is in the journal, as it outlives a process. */
export const keptCourier = z.strictObject({
  /** Every line up to this number was taken by the channel, or is no message for it. */
  cursor: z.int().nonnegative(),
  /** Last line of the message that was under way: the channel may have taken it. */
  sending: z.int().nonnegative().optional(),
})
export type KeptCourier = z.infer<typeof keptCourier>
