import { clockView } from '../../ports/control/clock.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { assertReady } from '../route.ts'

/**
 * `/api/clock`: the clock that the service uses; `accept` follows the machine's clock immediately.
 */
export const clockRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'get',
      path: '/api/clock',
      summary:
        'The clock that the service goes by, and a jump of the machine’s that it does not follow yet',
      needs: 'read',
      isUntagged: true,
      answers: { 200: inJson('The clock', clockView) },
    },
    () => json(control.clock()),
  )
  on(
    {
      method: 'post',
      path: '/api/clock/accept',
      summary: 'Follow the machine’s clock at once',
      needs: 'operate',
      answers: { 200: inJson('The clock', clockView) },
      errors: ['NOT_READY'],
    },
    ({ request }) => {
      assertReady(control)
      return json(control.acceptClock(access.requesterOf(request)))
    },
  )
}
