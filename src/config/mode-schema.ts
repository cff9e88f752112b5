import { z } from 'zod'

/** A duration in whole milliseconds above zero. */
const ms = z.int().positive()

/** Whether exits are sent. */
export const modeSchema = z
  .enum(['guard', 'observe'])
  .default('guard')
  .describe('`guard`: exits are sent. `observe`: exits are decided and journaled, none is sent.')

/** A bound on price exits within a moment; each account counts its own. */
export const massExitSchema = z
  .strictObject({
    max: z
      .int()
      .positive()
      .meta({ unit: 'exits', description: 'Price exits within `withinMs` that are sent at once.' }),
    withinMs: ms.default(1_000).meta({
      unit: 'ms',
      description: 'Window in which price exits are counted.',
    }),
    confirmMs: ms.max(60_000).default(2_000).meta({
      unit: 'ms',
      description: 'How long each further exit waits before it is sent.',
    }),
  })
  .optional()
  .describe('Holds back price exits that are too many at once; absent: no exit waits.')
