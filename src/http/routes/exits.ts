import { z } from 'zod'
import { tradeView, type TradesQuery } from '../../ports/trades.ts'
import { nextSeq, tradeParameters } from '../contract/trade-parameters.ts'
import { CSV, tradesCsv, wantsCsv } from '../csv.ts'
import type { Route } from '../operation.ts'
import { json } from '../reply.ts'
import { badInput } from '../route.ts'

const DEFAULT_TRADES = 100

const query = z.object(tradeParameters)

/** `GET /api/exits`: completed exits, the last one first, in pages. */
export const exitRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/api/exits',
      summary: 'Exits that are over, the last one first, in pages; as CSV too',
      needs: 'read',
      query,
      answers: {
        200: {
          description: 'One page of exits',
          content: [
            {
              type: 'application/json',
              shape: z.object({ exits: z.array(tradeView), next: nextSeq }),
            },
            { type: CSV },
          ],
        },
      },
    },
    async call => {
      const page = await control.trades({ ...tradesQuery(call.query), exitsOnly: true })
      if (wantsCsv(call.request, call.query.format)) return tradesCsv(page)
      return json({ exits: page.trades, next: page.next }, { headers: { vary: 'accept' } })
    },
  )
}

/** Which trades a query asks for. Throws BAD_INPUT for times that choose none. */
export function tradesQuery({
  limit = DEFAULT_TRADES,
  format: _format,
  ...given
}: z.infer<typeof query>): TradesQuery {
  const { since, until } = given
  if (since !== undefined && until !== undefined && until <= since) {
    throw badInput('until', until, `a time after since, ${since}`)
  }
  const chosen = Object.entries(given).filter(([, value]) => value !== undefined)
  return { limit, ...Object.fromEntries(chosen) }
}
