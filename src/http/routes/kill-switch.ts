import type { KillSwitchRequest } from '../../ports/control.ts'
import { requesterOf } from '../guard.ts'
import { Problem } from '../problem.ts'
import { assertReady, bodyOf, type Route, sendJson } from '../route.ts'

const STATES = ['off', 'block', 'flatten', 'halt'] as const

/** `/api/kill-switch`: block new entries, flatten everything, or let no order leave. */
export const killSwitchRoutes: Route = (router, control) => {
  router.get('/api/kill-switch', (_request, response) => sendJson(response, control.killSwitch()))
  router.post('/api/kill-switch', async (request, response) => {
    assertReady(control)
    const wanted = requestOf(bodyOf(request))
    sendJson(response, await control.setKillSwitch(wanted, requesterOf(request)))
  })
}

function requestOf({ state, held }: Readonly<Record<string, unknown>>): KillSwitchRequest {
  const known = STATES.find(each => each === state)
  if (known === undefined) {
    const text = `state: found ${JSON.stringify(state)}, expected one of ${STATES.join(', ')}`
    throw new Problem(422, 'BAD_INPUT', text)
  }
  if (held === undefined) return { state: known }
  if (held === 'send') return { state: known, held }
  throw new Problem(422, 'BAD_INPUT', `held: found ${JSON.stringify(held)}, expected send`)
}
