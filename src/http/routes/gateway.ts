import { requesterOf } from '../auth.ts'
import { assertReady, bodyOf, sendJson, type Route } from '../route.ts'

/**
 * `/api/gateway`: breakers, throttles, lanes and the last calls; manual control of breakers;
 * confirmation of holdings.
 */
export const gatewayRoutes: Route = (router, control) => {
  router.get('/api/gateway', (_request, response) => sendJson(response, control.gateway()))
  router.post('/api/gateway/breakers/:group/:act', (request, response) => {
    assertReady(control)
    bodyOf(request, [])
    const { group, act } = request.params
    sendJson(response, control.moveBreaker(group, act, requesterOf(request)))
  })
  router.post('/api/gateway/holdings/confirm', async (request, response) => {
    assertReady(control)
    bodyOf(request, [])
    await control.confirmHoldings(requesterOf(request))
    sendJson(response, { confirmed: true })
  })
}
