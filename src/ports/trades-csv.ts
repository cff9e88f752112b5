import { csvCell } from '../domain/csv.ts'
import type { TradeView } from './trades.ts'

const COLUMNS = [
  'seq',
  'closedAt',
  'openedAt',
  'positionId',
  'generation',
  'account',
  'instrument',
  'underlying',
  'currency',
  'side',
  'quantity',
  'multiplier',
  'entryPrice',
  'price',
  'profit',
  'profitPct',
  'end',
  'reason',
  'matched',
  'level',
  'decidedAt',
  'decidedPrice',
  'clientOrderId',
  'attempts',
  'best',
  'worst',
  'firstStop',
  'mfePct',
  'maePct',
  'r',
] as const satisfies readonly (keyof TradeView)[]

const TIMES: ReadonlySet<string> = new Set(['closedAt', 'openedAt', 'decidedAt'])

/** The head of trades as CSV. */
export const TRADES_HEAD = COLUMNS.join(',')

/** One trade as CSV; times are ISO 8601 in UTC, what is not known is empty. */
export const tradeLine = (trade: TradeView): string =>
  COLUMNS.map(column => csvCell(cellOf(column, trade[column]))).join(',')

function cellOf(
  column: string,
  value: TradeView[(typeof COLUMNS)[number]],
): string | number | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return TIMES.has(column) ? new Date(value).toISOString() : value
  return value.join(' ')
}
