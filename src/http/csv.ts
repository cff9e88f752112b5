import type { Request } from 'express'
import { tradeLine, TRADES_HEAD } from '../ports/trades-csv.ts'
import type { TradesPage } from '../ports/trades.ts'
import type { Reply } from './reply.ts'

export const CSV = 'text/csv'

/** Whether a client wants CSV: by the parameter, else by `Accept` where that prefers it to JSON. */
export const wantsCsv = (request: Request, format: 'json' | 'csv' | undefined): boolean =>
  format === undefined ? request.accepts(['application/json', CSV]) === CSV : format === 'csv'

/** A page of trades as CSV; `x-next` is the `before` of the next page, where more follow. */
export const tradesCsv = ({ trades, next }: TradesPage): Reply => ({
  status: 200,
  type: 'text/csv; charset=utf-8',
  text: [TRADES_HEAD, ...trades.map(tradeLine), ''].join('\r\n'),
  headers: {
    vary: 'accept',
    'content-disposition': 'attachment; filename="trades.csv"',
    ...(next !== null && { 'x-next': String(next) }),
  },
})
