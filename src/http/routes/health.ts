import type { Route } from '../route.ts'
import { sendJson } from '../route.ts'

/** A snapshot is made each cycle; one this old says that the cycles have stopped. */
const STALE_AFTER_MS = 10_000

/** `GET /health` for monitors, `/livez` and `/readyz` for whoever starts and stops the service. */
export const healthRoutes: Route = (router, control) => {
  router.get('/health', (_request, response) => {
    const { at, checks, ...snapshot } = control.health()
    const ageMs = Date.now() - at
    const isOld = ageMs > STALE_AFTER_MS
    const status = isOld ? 'fail' : snapshot.status
    const old = `the last look at the service is ${Math.round(ageMs / 1_000)} s old`
    const output = isOld ? [old, ...snapshot.output] : snapshot.output
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
