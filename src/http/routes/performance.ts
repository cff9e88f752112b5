import { requesterOf } from '../auth.ts'
import { bodyOf, sendJson, type Route } from '../route.ts'

/** What the monitoring cycles do, and how long it takes them. */
export const performanceRoutes: Route = (router, control) => {
  router.get('/api/metrics', (_request, response) => sendJson(response, control.cycleMetrics()))
  router.post('/api/metrics/reset', (request, response) => {
    bodyOf(request, [])
    sendJson(response, control.resetMetrics(requesterOf(request)))
  })
  router.get('/api/report', (_request, response) => sendJson(response, control.report()))
}
