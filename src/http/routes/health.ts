import type { Route } from '../route.ts'
import { sendJson } from '../route.ts'

/** `GET /health` for monitors, `/livez` and `/readyz` for whoever starts and stops the service. */
export const healthRoutes: Route = (router, control) => {
  router.get('/health', (_request, response) => {
    const { status, output, checks } = control.health()
    response.status(status === 'fail' ? 503 : 200)
    sendJson(response, { status, version: '1', output, checks }, 'application/health+json')
  })
  router.get('/livez', (_request, response) => sendJson(response, { alive: true }))
  router.get('/readyz', (_request, response) => {
    const readiness = control.readiness()
    response.status(readiness.ready ? 200 : 503)
    sendJson(response, readiness)
  })
}
