import { WatchkeeperError } from '../../errors.ts'
import type { HealthCheck, HealthSnapshot, HealthStatus } from '../../ports/control/health.ts'
import { sendJson, type Route } from '../route.ts'

/**
 * `GET /health` for monitors, `/livez` and `/readyz` for the orchestrator that starts and stops the
 * service.
 */
export const healthRoutes: Route = (router, control) => {
  router.get('/health', (request, response) => {
    const { check } = request.query
    const whole = control.health()
    const { at: _at, checks, ...snapshot } = check === undefined ? whole : partOf(whole, check)
    const ageMs = control.healthAgeMs()
    const isOld = ageMs > control.healthMaxAgeMs
    const status = isOld ? 'fail' : snapshot.status
    const old = `the last check of the service is ${Math.round(ageMs / 1_000)} s old`
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

const componentOf = (name: string): string => name.split(':')[0]!

/** The checks of one component, with the status that follows from them alone. */
function partOf({ at, checks }: HealthSnapshot, component: unknown): HealthSnapshot {
  const known = [...new Set(Object.keys(checks).map(componentOf))].toSorted()
  if (typeof component !== 'string' || !known.includes(component)) {
    throw new WatchkeeperError(
      'CHECK_UNKNOWN',
      `no such check: expected one of ${known.join(', ')}`,
    )
  }
  const mine = Object.entries(checks).filter(([name]) => componentOf(name) === component)
  const withStatus = (status: HealthStatus): [string, HealthCheck][] =>
    mine.flatMap(([name, all]) =>
      all.filter(each => each.status === status).map((each): [string, HealthCheck] => [name, each]),
    )
  const [failing, warning] = [withStatus('fail'), withStatus('warn')]
  return {
    status: failing.length > 0 ? 'fail' : warning.length > 0 ? 'warn' : 'pass',
    at,
    output: [...failing, ...warning].map(
      ([name, each]) => `${name}: ${each.output ?? String(each.observedValue)}`,
    ),
    checks: Object.fromEntries(mine),
  }
}
