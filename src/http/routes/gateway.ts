import { confirmedView, gatewayView } from '../../ports/control/gateway.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { assertReady } from '../route.ts'

/**
 * `/api/gateway`: breakers, throttles, lanes and the last calls; manual control of breakers;
 * confirmation of holdings.
 */
export const gatewayRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'get',
      path: '/api/gateway',
      summary: 'Breakers, throttles, lanes and the last calls to the broker',
      needs: 'read',
      answers: { 200: inJson('How calls to the broker go', gatewayView) },
    },
    () => json(control.gateway()),
  )
  on(
    {
      method: 'post',
      path: '/api/gateway/breakers/:group/:act',
      summary: 'Move a breaker by hand: force-open, disable, metrics-only or reset',
      needs: 'operate',
      answers: { 200: inJson('How calls to the broker go', gatewayView) },
      errors: ['NOT_READY'],
    },
    ({ request }) => {
      assertReady(control)
      const { group, act } = request.params
      return json(control.moveBreaker(group!, act!, access.requesterOf(request)))
    },
  )
  on(
    {
      method: 'post',
      path: '/api/gateway/holdings/confirm',
      summary: 'Confirm that the account holds what it should: orders may leave',
      needs: 'operate',
      answers: { 200: inJson('Confirmed', confirmedView) },
      errors: ['NOT_READY'],
    },
    async ({ request }) => {
      assertReady(control)
      await control.confirmHoldings(access.requesterOf(request))
      return json({ confirmed: true })
    },
  )
}
