import { badInput, countOf, type Route, sendJson } from '../route.ts'

const MOST_LINES = 1_000
const LAST_SEQ = Number.MAX_SAFE_INTEGER

/** `GET /api/journal`: what happened, in pages. */
export const journalRoutes: Route = (router, control) => {
  router.get('/api/journal', async (request, response) => {
    const { positionId } = request.query
    if (positionId !== undefined && typeof positionId !== 'string') {
      throw badInput('positionId', positionId, 'one id')
    }
    const lines = await control.journal({
      after: countOf(request, 'after', { least: 0, most: LAST_SEQ, fallback: 0 }),
      limit: countOf(request, 'limit', { least: 1, most: MOST_LINES, fallback: 100 }),
      ...(positionId !== undefined && { positionId }),
    })
    sendJson(response, lines)
  })
}
