import type { TradeView } from '../../ports/trades.ts'

/**
 * How much worse than its level a trade was filled, in price points; below 0: better; null:
 * unknown.
 */
export function slippageOf({ level, price, side }: TradeView): number | null {
  if (level === null || price === null) return null
  return Number(((level - price) * (side === 'long' ? 1 : -1)).toPrecision(8))
}

/** Profit of each currency: amounts of different ones are not added up. */
export function totalsOf(
  trades: readonly Pick<TradeView, 'profit' | 'currency'>[],
): readonly (readonly [currency: string | null, total: number])[] {
  const totals = new Map<string | null, number>()
  for (const { profit, currency } of trades) {
    if (profit !== null) totals.set(currency, (totals.get(currency) ?? 0) + profit)
  }
  return [...totals]
}

const COLUMNS = [
  'closedAt',
  'positionId',
  'instrument',
  'side',
  'quantity',
  'entryPrice',
  'openedAt',
  'reason',
  'level',
  'price',
  'profit',
  'profitPct',
  'mfePct',
  'maePct',
  'r',
  'currency',
  'account',
  'clientOrderId',
] as const

/** Trades as CSV of RFC 4180; times in ISO 8601. */
export function csvOf(trades: readonly TradeView[]): string {
  const rows = trades.map(trade => [
    ...COLUMNS.map(name => cellOf(name.endsWith('At') ? isoOf(trade[name]) : trade[name])),
    cellOf(slippageOf(trade)),
  ])
  return [[...COLUMNS, 'slippage'], ...rows].map(row => `${row.join(',')}\r\n`).join('')
}

const isoOf = (at: unknown): string => (typeof at === 'number' ? new Date(at).toISOString() : '')

/**
 * Names come from users: a cell that a spreadsheet would interpret as a formula is quoted as text.
 */
function cellOf(value: string | number | readonly unknown[] | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
