import { countOf, type Route, sendJson } from '../route.ts'

const MOST_LINES = 1_000
const LAST_SEQ = Number.MAX_SAFE_INTEGER

/** `GET /api/journal`: what happened, in pages. */
export const journalRoutes: Route = (router, control) => {
  router.get('/api/journal', async (request, response) => {
    const { positionId } = request.query
    const lines = await control.journal({
      after: countOf(request, 'after', LAST_SEQ, 0),
      limit: countOf(request, 'limit', MOST_LINES, 100),
      ...(typeof positionId === 'string' && { positionId }),
    })
    sendJson(response, lines)
  })
}
