import { z } from 'zod'
import { time, type Answer } from './control/answer.ts'

/** A line of the journal as the store has it. */
export const journalLine = z
  .object({
    seq: z.number().describe('From 1, without gaps.'),
    at: time,
    kind: z.string(),
    positionId: z.string().optional(),
  })
  .catchall(z.unknown())

/** One line of the journal; docs/observability.md lists the kinds. */
export type JournalLine = Answer<typeof journalLine>

/** `GET /api/journal`. */
export const journalPage = z.array(journalLine)

export interface JournalQuery {
  readonly after: number
  readonly limit: number
  /** Return the last so many lines instead of the first `limit`, still oldest first. */
  readonly last?: number
  /** Only lines with a lower number. */
  readonly before?: number
  readonly positionId?: string
}
