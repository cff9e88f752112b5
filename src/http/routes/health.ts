import { z } from 'zod'
import { expectedWord } from '../../domain/closest-name.ts'
import { WatchkeeperError } from '../../errors.ts'
import type { Control } from '../../ports/control.ts'
import {
  healthReport,
  readiness,
  type HealthCheck,
  type HealthSnapshot,
  type HealthStatus,
} from '../../ports/control/health.ts'
import { accountNamed } from '../accounts.ts'
import { inJson, type Route } from '../operation.ts'
import { json, type Reply } from '../reply.ts'

const HEALTH_TYPE = 'application/health+json'
const report = (description: string) => inJson(description, healthReport, HEALTH_TYPE)

/** `GET /health` for monitors, `/livez` and `/readyz` for what starts and stops the service. */
export const healthRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/health',
      summary: 'How the service is; `check` shows one component alone, with a status of its own',
      needs: 'open',
      isUntagged: true,
      query: z.object({
        check: z.string().optional().describe('Name of a component.'),
        account: z.string().optional().describe('Name of an account: its health alone.'),
      }),
      answers: { 200: report('`pass` or `warn`'), 503: report('`fail`; `output` says why') },
      errors: ['CHECK_UNKNOWN', 'ACCOUNT_UNKNOWN'],
    },
    async ({ query: { check, account } }) => {
      const asked = account === undefined ? control : accountNamed(control, account)
      return healthReply(asked, { check, whole: await freshHealthOf(asked) })
    },
  )
  on(
    {
      method: 'get',
      path: '/livez',
      summary: 'Whether the process answers',
      needs: 'open',
      isUntagged: true,
      takesAnyQuery: true,
      answers: { 200: inJson('It does', z.object({ alive: z.literal(true) })) },
    },
    () => json({ alive: true }),
  )
  on(
    {
      method: 'get',
      path: '/readyz',
      summary: 'Whether the service takes changes',
      needs: 'open',
      isUntagged: true,
      takesAnyQuery: true,
      answers: {
        200: inJson('It does', readiness),
        503: inJson('It does not; `why` says why', readiness),
      },
    },
    () => {
      const state = control.readiness()
      return json(state, { status: state.ready ? 200 : 503 })
    },
  )
}

export const freshHealthOf = async (control: Control): Promise<HealthSnapshot> =>
  control.freshHealth?.() ?? control.health()

/** The health of the service or of an account, or one component of it. */
function healthReply(
  control: Control,
  { check, whole }: { readonly check: string | undefined; readonly whole: HealthSnapshot },
): Reply {
  const { at: _at, checks, ...snapshot } = check === undefined ? whole : partOf(whole, check)
  const ageMs = control.healthAgeMs()
  const isOld = ageMs > control.healthMaxAgeMs
  const status = isOld ? 'fail' : snapshot.status
  const old = `the last check of the service is ${Math.round(ageMs / 1_000)} s old`
  const output = isOld ? [old, ...snapshot.output] : snapshot.output
  const body = { status, version: control.version, output, checks }
  return json(body, {
    status: status === 'fail' ? 503 : 200,
    type: HEALTH_TYPE,
  })
}

const componentOf = (name: string): string => name.split(':')[0]!

/** The checks of one component, with the status that follows from them alone. */
function partOf({ at, checks }: HealthSnapshot, component: unknown): HealthSnapshot {
  const known = [...new Set(Object.keys(checks).map(componentOf))].toSorted()
  if (typeof component !== 'string' || !known.includes(component)) {
    throw new WatchkeeperError(
      'CHECK_UNKNOWN',
      `found the check ${JSON.stringify(component)}, expected ${expectedWord(component, known)}`,
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
