import type { Route } from '../route.ts'
import { sendJson } from '../route.ts'

/** `GET /health` for monitors, `/livez` and `/readyz` for whoever starts and stops the service. */
export const healthRoutes: Route = (router, control) => {
  router.get('/health', (_request, response) => {
    const { at, checks, ...snapshot } = control.health()
    const ageMs = Date.now() - at
    const isOld = ageMs > control.healthMaxAgeMs
    const status = isOld ? 'fail' : snapshot.status
    const old = `the last look at the service is ${Math.round(ageMs / 1_000)} s old`
    const output = isOld ? [old, ...snapshot.output] : snapshot.output
    response.status(status === 'fail' ? 503 : 200)
    sendJson(
      response,
      { status, version: control.version, output, checks },
      'application/health+json',
    )
  })
  router.get('/livez', (_request, response) => sendJson(response, { alive: true }))
  router.get('/readyz', (_request, response) => {
    const readiness = control.readiness()
    response.status(readiness.ready ? 200 : 503)
    sendJson(response, readiness)
  })
}
