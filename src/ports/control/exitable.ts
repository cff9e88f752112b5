import { z } from 'zod'
import { time, word, type Answer } from './answer.ts'

export const EXITABLE_STATES = ['yes', 'no', 'unknown'] as const

/** Whether a position could be exited now. */
export const exitableView = z.object({
  state: word(EXITABLE_STATES),
  why: z.string().optional().describe('Absent for `yes`.'),
  since: time,
})

export interface ExitableView extends Answer<typeof exitableView> {}
