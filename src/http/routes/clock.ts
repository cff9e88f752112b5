import { requesterOf } from '../guard.ts'
import { assertReady, bodyOf, type Route, sendJson } from '../route.ts'

/** `/api/clock`: the clock that the service goes by; `accept` follows the machine's clock at once. */
export const clockRoutes: Route = (router, control) => {
  router.get('/api/clock', (_request, response) => sendJson(response, control.clock()))
  router.post('/api/clock/accept', (request, response) => {
    assertReady(control)
    bodyOf(request, [])
    sendJson(response, control.acceptClock(requesterOf(request)))
  })
}
