import { z } from 'zod'
import type { Answer } from './answer.ts'
import { healthStatus } from './health.ts'
import { killSwitchState } from './kill-switch.ts'

/** One account of the service. */
export const accountView = z.object({
  name: z.string(),
  status: healthStatus,
  output: z.array(z.string()).describe('Why its health is not `pass`, most serious first.'),
  positions: z.number().describe('Open positions.'),
  mode: z.string().describe('`guard` or `observe`.'),
  killSwitch: killSwitchState,
  heldExits: z.number().describe('Exits that `halt` holds back.'),
  sharedLimits: z
    .array(z.string())
    .describe('Names of the limits that it shares with other accounts.'),
})

export interface AccountView extends Answer<typeof accountView> {}

/** `GET /api/accounts`. */
export const accountList = z.array(accountView)
