import { sum } from '../domain/decimal.ts'
import type { TradeView } from '../ports/trades.ts'
import { levelText, numberText } from './levels.ts'
import {
  accountColumn,
  amountText,
  countText,
  pctText,
  tableLines,
  timeText,
  zoneName,
  type Paint,
} from './output.ts'

/** Formats exits for a person: one line each, and their total profit. */
export function exitsText(trades: readonly TradeView[], paint: Paint): string[] {
  if (trades.length === 0) return ['no exit is known']
  const head = [`closed (${zoneName()})`, 'position', 'instrument', 'side', 'quantity', 'entry']
  const accounts = accountColumn(trades)
  const [first, ...rows] = tableLines(
    [
      [...accounts.head, ...head, 'exit', 'profit', 'pct', 'mfe', 'mae', 'R', 'reason'],
      ...trades.map(trade => [...accounts.cellOf(trade), ...rowOf(trade)]),
    ],
    new Set([4, 5, 6, 7, 8, 9, 10, 11].map(column => column + accounts.head.length)),
  )
  return [paint('dim', first!), ...rows, totalText(trades)]
}

function rowOf(trade: TradeView): string[] {
  const { closedAt, positionId, instrument, side, quantity, entryPrice, price, profit } = trade
  return [
    timeText(closedAt),
    positionId,
    instrument,
    side,
    numberText(quantity),
    numberText(entryPrice),
    price === null ? '-' : numberText(price),
    profit === null ? '-' : amountText(profit),
    ...[trade.profitPct, trade.mfePct, trade.maePct].map(pct =>
      pct === null ? '-' : pctText(pct),
    ),
    trade.r === null ? '-' : trade.r.toFixed(2),
    reasonText(trade),
  ]
}

/** The level that was reached, as a whole tick of the instrument: a target lies on the side of the profit, a stop on the other. */
function reachedText(level: number, { side, reason, tickSize }: TradeView): string {
  const isBelow = reason === 'take-profit' ? side === 'short' : side === 'long'
  return levelText(level, { isBelow, tickSize })
}

/** Why the position was exited, the level that was reached, and what else was true then. */
function reasonText(trade: TradeView): string {
  const { reason, matched, level, end } = trade
  const others = matched.filter(each => each !== reason)
  return [
    reason ?? '-',
    ...(level === null ? [] : [`at ${reachedText(level, trade)}`]),
    ...(others.length === 0 ? [] : [`(also ${others.join(', ')})`]),
    ...(end === 'filled' ? [] : [`(${end})`]),
  ].join(' ')
}

/** Sums by currency; a trade without a price counts in none. */
function totalText(trades: readonly TradeView[]): string {
  const sums = new Map<string, number>()
  for (const { profit, currency } of trades) {
    if (profit !== null) sums.set(currency ?? '', sum(sums.get(currency ?? '') ?? 0, profit))
  }
  const unknown = trades.filter(({ profit }) => profit === null).length
  const profits = [...sums].map(([currency, amount]) => `${amountText(amount)} ${currency}`.trim())
  return [
    countText(trades.length, 'exit'),
    ...(profits.length === 0 ? [] : [`profit ${profits.join(' and ')}`]),
    ...(unknown === 0 ? [] : [`${unknown} without a known price`]),
  ].join(', ')
}
