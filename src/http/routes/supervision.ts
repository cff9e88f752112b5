import { requesterOf } from '../auth.ts'
import { assertReady, bodyOf, countOf, sendJson, type Route } from '../route.ts'

const MOST_MONITORS = 10_000

/** `/api/supervision`: the actor tree, and a restart by hand. */
export const supervisionRoutes: Route = (router, control) => {
  router.get('/api/supervision', (request, response) => {
    const limit = countOf(request, 'limit', { least: 0, most: MOST_MONITORS, fallback: 1_000 })
    sendJson(response, control.supervisionTree(limit))
  })
  router.post('/api/supervision/:id/restart', async (request, response) => {
    assertReady(control)
    bodyOf(request, [])
    sendJson(response, await control.restartActor(request.params.id, requesterOf(request)))
  })
}
