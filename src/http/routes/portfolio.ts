import { isBounded } from '../../domain/bounds.ts'
import {
  portfolioView,
  realisedReport,
  type RealisedReport,
} from '../../ports/control/portfolio.ts'
import { addressed } from '../accounts.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { assertReady, badInput, bodyOf } from '../route.ts'

const BELONGS = ['account', 'underlying', 'currency'] as const
const LONGEST_NAME = 200
const sums = inJson('The trading day', portfolioView)

/** `/api/portfolio`: the trading day's profits and losses, and its limits. */
export const portfolioRoutes: Route = (on, control, { access, account }) => {
  on(
    {
      method: 'get',
      path: '/api/portfolio',
      summary: 'The trading day’s profits and losses, and where each limit stands',
      needs: 'read',
      answers: { 200: sums },
    },
    async () => json(await control.portfolio()),
  )
  on(
    {
      method: 'post',
      path: '/api/portfolio/realised',
      summary: 'Count a profit or loss that was realised outside the service',
      needs: 'operate',
      body: realisedReport,
      answers: { 200: sums },
      errors: ['NOT_READY'],
    },
    async ({ request }) => {
      assertReady(control)
      const given = bodyOf(request, ['amount', ...BELONGS])
      const { control: own, body } = addressed(control, given, account)
      assertReady(own)
      return json(await own.reportRealised(reportOf(body), access.requesterOf(request)))
    },
  )
  on(
    {
      method: 'post',
      path: '/api/portfolio/limits/:name/reset',
      summary: 'Put the loss behind a limit that was reached',
      needs: 'operate',
      answers: { 200: sums },
      errors: ['NOT_READY', 'LIMIT_UNKNOWN'],
    },
    async ({ request }) => {
      assertReady(control)
      return json(await control.resetLimit(request.params['name']!, access.requesterOf(request)))
    },
  )
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
