import type { Request } from 'express'
import type { JournalQuery } from '../../ports/journal-lines.ts'
import { badInput, countOf, sendJson, textOf, type Route } from '../route.ts'

const MOST_LINES = 1_000
const LAST_SEQ = Number.MAX_SAFE_INTEGER

/** `GET /api/journal`: journal lines in pages, or the last lines. */
export const journalRoutes: Route = (router, control) => {
  router.get('/api/journal', async (request, response) => {
    sendJson(response, await control.journal(queryOf(request)))
  })
}

function queryOf(request: Request): JournalQuery {
  const { last, limit } = request.query
  const positionId = textOf(request, 'positionId')
  if (last !== undefined && limit !== undefined) throw badInput('last', last, 'last or limit')
  const bounds = { least: 1, most: MOST_LINES, fallback: 100 }
  return {
    after: countOf(request, 'after', { least: 0, most: LAST_SEQ, fallback: 0 }),
    limit: countOf(request, 'limit', bounds),
    ...(last !== undefined && { last: countOf(request, 'last', bounds) }),
    ...(positionId !== undefined && { positionId }),
  }
}
