import { z } from 'zod'
import { EXIT_REASONS } from '../../domain/reason.ts'
import { maybe, maybeTime, time, word, type Answer } from './answer.ts'
import { positionView } from './positions.ts'

/** One rule of a position: armed or not, at which level, and why. */
export const ruleView = z.object({
  rule: z.string(),
  reason: word(EXIT_REASONS),
  armed: z.boolean().describe('Whether the rule can exit the position as things stand.'),
  why: z.string().optional().describe('Why it cannot, when it is not armed.'),
  level: z
    .number()
    .optional()
    .describe('The price that exits, on the own instrument or on `instrument`.'),
  instrument: z.string().optional().describe('Set when the level is on another instrument.'),
  distance: maybe
    .optional()
    .describe('Price points from the last price to the level; null before the first tick.'),
  ratchet: z
    .number()
    .optional()
    .describe('Best price at which the rule arms, or its level changes form.'),
  exitAt: time.optional(),
  inputAgeMs: maybe.describe('Ms since the last tick of its instrument; null before the first.'),
  evaluatedAt: maybeTime,
})

/** What one rule of a position would do, and why. */
export interface RuleView extends Answer<typeof ruleView> {}

/** An exit, with everything that happened to it. */
export const exitView = z.object({
  state: z.string(),
  attempt: z.number(),
  clientOrderId: z.string(),
  quantity: z.number().describe('Units to close in all.'),
  executed: z.number().describe('Units of them that are executed.'),
  rejections: z.number(),
  waitsFor: z
    .string()
    .optional()
    .describe('What the exit waits for: the first thing that holds it. Absent once it is over.'),
  steps: z
    .array(z.object({ at: time, attempt: z.number(), what: z.string() }))
    .describe('Oldest first; of a long history the middle is left out.'),
})

/** An exit, with the steps that it took. */
export interface ExitView extends Answer<typeof exitView> {}

/** The stop of a position that rests at the venue, or why there is none. */
export const netView = z.object({
  state: z.string().describe('How far the order has come; `none`: there is none.'),
  why: z.string().optional().describe('Why there is none.'),
  clientOrderId: z.string().optional(),
  trigger: z.number().optional().describe('Price per unit that triggers it.'),
  quantity: z.number().optional(),
  executed: z.number().optional(),
})

/** The stop of a position that rests at the venue, or why there is none. */
export interface NetView extends Answer<typeof netView> {}

/** What each rule of a position would do, and how far its exit has come, where one was decided. */
export const whyView = z.object({
  position: positionView,
  unguarded: z
    .string()
    .optional()
    .describe('Why no rule can act on the position now, in words; absent while one can.'),
  rules: z.array(ruleView),
  net: netView.optional(),
  exit: exitView.optional(),
})

/** What each rule of a position would do, and how far its exit has come. */
export interface WhyView extends Answer<typeof whyView> {}
