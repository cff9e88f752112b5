import { z } from 'zod'
import { time, type Answer } from './answer.ts'

/** Two clocks: they differ while a jump of the machine's wall clock is not followed. */
export const clockView = z.object({
  now: time.describe('What the service goes by, epoch ms.'),
  machine: time.describe("What the machine's wall clock says, epoch ms."),
  jumps: z.number().describe('Since the start of the process.'),
  pending: z
    .object({
      movedMs: z.number().describe('Above 0: forward.'),
      forMs: z.number(),
      needsPerson: z.boolean().describe('Too large to be followed unless a person accepts it.'),
    })
    .nullable(),
})

export interface ClockView extends Answer<typeof clockView> {}
