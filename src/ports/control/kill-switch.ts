import { z } from 'zod'
import { maybeTime, type Answer } from './answer.ts'
import { requester } from './requester.ts'

/** States of the kill switch, from the least to the most that it stops. */
export const KILL_SWITCH_STATES = ['off', 'block', 'flatten', 'halt'] as const

export const killSwitchState = z.enum(KILL_SWITCH_STATES)

export type KillSwitchState = z.infer<typeof killSwitchState>

/** `/api/kill-switch`. */
export const killSwitchView = z.object({
  state: killSwitchState,
  since: maybeTime,
  by: requester.nullable(),
  held: z.array(z.string()).describe('Exits that `halt` holds back.'),
})

/** The kill switch: its state, who moved it and when, and the exits that `halt` holds. */
export interface KillSwitchView extends Answer<typeof killSwitchView> {}

/** Body of `POST /api/kill-switch`. */
export const killSwitchRequest = z.object({
  state: killSwitchState,
  held: z
    .enum(['send', 'discard'])
    .optional()
    .describe('What becomes of held exits when `halt` ends; not with the state `halt`.'),
})

/** A move of the kill switch. */
export interface KillSwitchRequest extends Answer<typeof killSwitchRequest> {}
