import {
  KILL_SWITCH_STATES,
  killSwitchRequest,
  killSwitchView,
  type KillSwitchRequest,
} from '../../ports/control/kill-switch.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { assertReady, badInput, bodyOf, wordOf } from '../route.ts'

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

function requestOf(body: Readonly<Record<string, unknown>>): KillSwitchRequest {
  const state = wordOf(body, 'state', KILL_SWITCH_STATES)
  if (body['held'] === undefined) return { state }
  const held = wordOf(body, 'held', ['send', 'discard'])
  if (state !== 'halt') return { state, held }
  throw badInput('held', held, 'none with halt, which goes on holding exits')
}
