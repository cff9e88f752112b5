import { z } from 'zod'
import { journalLine } from '../../ports/journal-lines.ts'
import { inJson, type Route } from '../operation.ts'
import { count, seq, text } from '../query.ts'
import { json } from '../reply.ts'
import { badInput } from '../route.ts'

const MOST_LINES = 1_000
const DEFAULT_LINES = 100

const query = z.object({
  after: seq(0, 'Only lines with a higher number; default 0.').optional(),
  limit: count(1, MOST_LINES, 'Most lines; default 100.').optional(),
  last: count(1, MOST_LINES, 'In place of `limit`: the last so many lines.').optional(),
  positionId: text('positionId', 'Only lines of this position.').optional(),
})

/** `GET /api/journal`: journal lines in pages, or the last lines. */
export const journalRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/api/journal',
      summary: 'What happened, oldest first; the next page is `after` the number of the last line',
      needs: 'read',
      query,
      answers: { 200: inJson('Lines of the journal', z.array(journalLine)) },
    },
    async call => {
      const { after = 0, limit, last, positionId } = call.query
      if (last !== undefined && limit !== undefined) throw badInput('last', last, 'last or limit')
      return json(
        await control.journal({
          after,
          limit: limit ?? DEFAULT_LINES,
          ...(last !== undefined && { last }),
          ...(positionId !== undefined && { positionId }),
        }),
      )
    },
  )
}
