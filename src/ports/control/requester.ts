import { z } from 'zod'
import type { Answer } from './answer.ts'

/** Who asks for a change, and from where, for the journal. */
export const requester = z.object({
  who: z.string(),
  from: z.string().describe('Address, or `cli`.'),
})

export interface Requester extends Answer<typeof requester> {}
