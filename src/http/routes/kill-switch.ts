import { expectedWord } from '../../domain/closest-name.ts'
import { killSwitchState, type KillSwitchRequest } from '../../ports/control/kill-switch.ts'
import { requesterOf } from '../auth.ts'
import { assertReady, badInput, bodyOf, sendJson, type Route } from '../route.ts'

const STATES = killSwitchState.options

/** `/api/kill-switch`: block new entries, flatten everything, or let no order leave. */
export const killSwitchRoutes: Route = (router, control) => {
  router.get('/api/kill-switch', (_request, response) => sendJson(response, control.killSwitch()))
  router.post('/api/kill-switch', async (request, response) => {
    assertReady(control)
    const wanted = requestOf(bodyOf(request, ['state', 'held']))
    sendJson(response, await control.setKillSwitch(wanted, requesterOf(request)))
  })
}

function requestOf({ state, held }: Readonly<Record<string, unknown>>): KillSwitchRequest {
  const known = STATES.find(each => each === state)
  if (known === undefined) throw badInput('state', state, expectedWord(state, STATES))
  if (held === undefined) return { state: known }
  if (held === 'send' || held === 'discard') return { state: known, held }
  throw badInput('held', held, expectedWord(held, ['send', 'discard'], 'send or discard'))
}
