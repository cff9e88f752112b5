import { expectedWord } from '../../domain/closest-name.ts'
import {
  killSwitchRequest,
  killSwitchState,
  killSwitchView,
  type KillSwitchRequest,
} from '../../ports/control/kill-switch.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { assertReady, badInput, bodyOf } from '../route.ts'

const STATES = killSwitchState.options

/** `/api/kill-switch`: block new entries, flatten everything, or let no order leave. */
export const killSwitchRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'get',
      path: '/api/kill-switch',
      summary: 'The kill switch, and the exits that it holds',
      needs: 'read',
      answers: { 200: inJson('The kill switch', killSwitchView) },
    },
    () => json(control.killSwitch()),
  )
  on(
    {
      method: 'post',
      path: '/api/kill-switch',
      summary: 'Move the kill switch',
      needs: 'operate',
      body: killSwitchRequest,
      answers: { 200: inJson('The kill switch', killSwitchView) },
      errors: ['NOT_READY', 'HELD_EXITS'],
    },
    async call => {
      assertReady(control)
      const wanted = requestOf(bodyOf(call.request, ['state', 'held']))
      return json(await control.setKillSwitch(wanted, access.requesterOf(call.request)))
    },
  )
}

function requestOf({ state, held }: Readonly<Record<string, unknown>>): KillSwitchRequest {
  const known = STATES.find(each => each === state)
  if (known === undefined) throw badInput('state', state, expectedWord(state, STATES))
  if (held === undefined) return { state: known }
  if (held === 'send' || held === 'discard') return { state: known, held }
  throw badInput('held', held, expectedWord(held, ['send', 'discard'], 'send or discard'))
}
