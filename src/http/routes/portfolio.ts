import { isBounded } from '../../domain/bounds.ts'
import type { RealisedReport } from '../../ports/control/portfolio.ts'
import { requesterOf } from '../auth.ts'
import { assertReady, badInput, bodyOf, sendJson, type Route } from '../route.ts'

const BELONGS = ['account', 'underlying', 'currency'] as const
const LONGEST_NAME = 200

/** `/api/portfolio`: the trading day's profits and losses, and its limits. */
export const portfolioRoutes: Route = (router, control) => {
  router.get('/api/portfolio', async (_request, response) => {
    sendJson(response, await control.portfolio())
  })
  router.post('/api/portfolio/realised', async (request, response) => {
    assertReady(control)
    const report = reportOf(bodyOf(request, ['amount', ...BELONGS]))
    sendJson(response, await control.reportRealised(report, requesterOf(request)))
  })
  router.post('/api/portfolio/limits/:name/reset', async (request, response) => {
    assertReady(control)
    bodyOf(request, [])
    sendJson(response, await control.resetLimit(request.params.name, requesterOf(request)))
  })
}

function reportOf(body: Readonly<Record<string, unknown>>): RealisedReport {
  const { amount } = body
  if (typeof amount !== 'number' || !isBounded(amount)) {
    throw badInput('amount', amount, 'an amount of money, below 0 for a loss')
  }
  const belongs = BELONGS.flatMap(field => {
    const value = body[field]
    if (value === undefined) return []
    if (typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME) {
      return [[field, value]]
    }
    throw badInput(field, value, `a text of 1 to ${LONGEST_NAME} characters`)
  })
  return { amount, ...Object.fromEntries(belongs) }
}
