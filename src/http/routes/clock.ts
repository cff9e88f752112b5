import { requesterOf } from '../auth.ts'
import { assertReady, bodyOf, sendJson, type Route } from '../route.ts'

/**
 * `/api/clock`: the clock that the service uses; `accept` follows the machine's clock immediately.
 */
export const clockRoutes: Route = (router, control) => {
  router.get('/api/clock', (_request, response) => sendJson(response, control.clock()))
  router.post('/api/clock/accept', (request, response) => {
    assertReady(control)
    bodyOf(request, [])
    sendJson(response, control.acceptClock(requesterOf(request)))
  })
}
