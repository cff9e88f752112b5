import type { Request } from 'express'
import type { TradesQuery } from '../../ports/trades.ts'
import { badInput, countOf, sendJson, textOf, type Route } from '../route.ts'

const MOST_TRADES = 1_000
const LAST_SEQ = Number.MAX_SAFE_INTEGER
/** Latest time that a query may name, epoch ms: the end of the year 9999. */
const LAST_TIME = 253_402_300_799_999

/** Parameters that select trades. */
export const TRADE_PARAMETERS = [
  'since',
  'until',
  'account',
  'positionId',
  'limit',
  'before',
] as const

/** `GET /api/exits`: completed exits, the last one first, in pages. */
export const exitRoutes: Route = (router, control) => {
  router.get('/api/exits', async (request, response) => {
    const { trades, next } = await control.trades({ ...tradesQuery(request), exitsOnly: true })
    sendJson(response, { exits: trades, next })
  })
}

/**
 * The selection of trades of a query.
 *
 * @throws InputError for invalid values.
 */
export function tradesQuery(request: Request): TradesQuery {
  const [since, until] = [timeOf(request, 'since'), timeOf(request, 'until')]
  if (since !== undefined && until !== undefined && until <= since) {
    throw badInput('until', until, `a time after since, ${since}`)
  }
  const account = textOf(request, 'account')
  const positionId = textOf(request, 'positionId')
  const hasBefore = request.query['before'] !== undefined
  return {
    limit: countOf(request, 'limit', { least: 1, most: MOST_TRADES, fallback: 100 }),
    ...(hasBefore && {
      before: countOf(request, 'before', { least: 1, most: LAST_SEQ, fallback: 1 }),
    }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(account !== undefined && { account }),
    ...(positionId !== undefined && { positionId }),
  }
}

function timeOf(request: Request, name: 'since' | 'until'): number | undefined {
  const text = request.query[name]
  if (text === undefined) return undefined
  if (typeof text === 'string' && /^\d{1,15}$/.test(text) && Number(text) <= LAST_TIME) {
    return Number(text)
  }
  throw badInput(name, text, 'a time in epoch milliseconds')
}
