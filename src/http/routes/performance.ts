import { requesterOf } from '../auth.ts'
import { bodyOf, sendJson, type Route } from '../route.ts'

/** Counters and durations of the monitoring cycles. */
export const performanceRoutes: Route = (router, control) => {
  router.get('/api/metrics', (_request, response) => sendJson(response, control.cycleMetrics()))
  router.post('/api/metrics/reset', (request, response) => {
    bodyOf(request, [])
    sendJson(response, control.resetMetrics(requesterOf(request)))
  })
  router.get('/api/report', (_request, response) => sendJson(response, control.report()))
}
