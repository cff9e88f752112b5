import { excursionsOf } from '../../domain/excursions.ts'
import { levelText, numberText } from '../../domain/level-text.ts'
import { profitOf } from '../../domain/profit.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import type { Composer, Draft, TickSizes } from './composer.ts'
import { moneyText, pctText, priceText, spanText } from './person-text.ts'

/** What a line that ends a position says of it; fields of another version may be missing. */
interface Trade {
  readonly instrument: string
  readonly side: 'long' | 'short'
  readonly entryPrice: number
  readonly multiplier: number
  readonly contract?: 'inverse'
  readonly currency?: string
  readonly held: number
  readonly best?: number
  readonly worst?: number
  readonly firstStop?: number
  readonly exit?: {
    readonly decidedAt: number
    readonly reason: string
    readonly level: number | null
  }
}

const tradeIn = (line: JournalLine): Trade | undefined => line['trade'] as Trade | undefined
const reasonIn = ({ reason }: JournalLine, otherwise: string): string =>
  typeof reason === 'string' ? reason : otherwise
const numberIn = (line: JournalLine, name: string): number | undefined => {
  const value = line[name]
  return typeof value === 'number' ? value : undefined
}

/** `long 10 ACME from 100`. */
const positionText = (
  { side, held, instrument, entryPrice }: Trade,
  quantity: number | undefined,
  { of }: TickSizes,
): string =>
  `${side} ${numberText(quantity ?? held)} ${instrument} from ${priceText(entryPrice, of(instrument))}`

/** A target lies on the side of the profit, a stop on the other. */
function levelIn({ side, instrument, exit }: Trade, { of }: TickSizes): string[] {
  const level = exit?.level
  if (level === undefined || level === null) return []
  const isTarget = exit?.reason === 'take-profit'
  const isBelow = isTarget ? side === 'short' : side === 'long'
  const tickSize = of(instrument) ?? null
  const shown = tickSize === null ? Number(level.toPrecision(8)) : level
  return [`level ${levelText(shown, { isBelow, tickSize })}`]
}

const filled: Composer = (line, ticks) => {
  const trade = tradeIn(line)
  const reason = trade?.exit?.reason ?? reasonIn(line, 'an exit')
  const price = numberIn(line, 'price')
  const quantity = numberIn(line, 'quantity')
  const profit = numberIn(line, 'profit')
  const money = profit === undefined ? '' : `: ${moneyText(profit, trade?.currency)}`
  const title = `Exited ${line.positionId} by ${reason}${money}`
  if (trade === undefined || price === undefined) return { title, text: '', tone: 'plain' }
  const pct = quantity === undefined ? undefined : profitOf({ ...trade, quantity }, price).profitPct
  const { best = null, worst = null, firstStop = null } = trade
  const { r } = excursionsOf(
    { ...trade, quantity: quantity ?? trade.held },
    { best, worst, firstStop, price },
  )
  const took =
    trade.exit === undefined
      ? []
      : [`${spanText(line.at - trade.exit.decidedAt)} after the decision`]
  const facts = [
    ...levelIn(trade, ticks),
    `filled ${priceText(price, ticks.of(trade.instrument))}`,
    ...(pct === undefined ? [] : [pctText(pct)]),
    ...(r === null ? [] : [`${r < 0 ? '−' : '+'}${numberText(Math.abs(Number(r.toFixed(1))))} R`]),
  ]
  return {
    title,
    text: [positionText(trade, quantity, ticks), [...facts, ...took].join(', ')].join('\n'),
    tone: profit === undefined ? 'plain' : profit < 0 ? 'warn' : 'good',
  }
}

const closed: Composer = (line, ticks) => {
  const trade = tradeIn(line)
  const isDust = line['by'] === 'dust'
  return {
    title: isDust
      ? `Closed ${line.positionId}: the rest is too small to sell`
      : `Closed ${line.positionId}: nothing was left to sell`,
    text: [
      ...(trade === undefined ? [] : [positionText(trade, undefined, ticks)]),
      `exit by ${trade?.exit?.reason ?? 'unknown'}, no fill known`,
    ].join('\n'),
    tone: 'warn',
  }
}

/** The exits whose late fills took units of a position; undefined: they were closed outside the service. */
function takersIn(line: JournalLine): string | undefined {
  const takers = line['takenBy']
  if (!Array.isArray(takers) || takers.length === 0) return undefined
  const ids = takers.map(each => String((each as { positionId?: unknown } | null)?.positionId))
  return `by a late fill of the exit of ${ids.join(', ')}`
}

const gone: Composer = (line, ticks) => {
  const trade = tradeIn(line)
  const takers = takersIn(line)
  return {
    title: `Lost ${line.positionId}: closed ${takers ?? 'outside the service'}`,
    text: [
      ...(trade === undefined ? [] : [positionText(trade, undefined, ticks)]),
      takers === undefined
        ? 'no exit of ours, and no known price: compare with the account'
        : 'compare with the account',
    ].join('\n'),
    tone: takers === undefined ? 'warn' : 'bad',
  }
}

const shrunk: Composer = line => {
  const takers = takersIn(line)
  return {
    title: `Reduced ${line.positionId} ${takers ?? 'outside the service'}: ${numberText(numberIn(line, 'left') ?? 0)} left`,
    text: `${numberText(numberIn(line, 'lost') ?? 0)} less; the rest stays guarded`,
    tone: takers === undefined ? 'warn' : 'bad',
  }
}

const late = (line: JournalLine, when: string): Draft => ({
  title: `Filled ${line.positionId} ${when}: ${numberText(numberIn(line, 'quantity') ?? 0)} at ${priceText(numberIn(line, 'price') ?? 0, undefined)}`,
  text: [
    ...(numberIn(line, 'profit') === undefined ? [] : [moneyText(numberIn(line, 'profit')!)]),
    'compare with the account',
  ].join(', '),
  tone: 'bad',
})

/** Texts of the lines that end an exit or a position, or need a person for one. */
export const EXIT_TEXTS = {
  'exit-filled': filled,
  'exit-closed': closed,
  'position-gone': gone,
  'position-shrunk': shrunk,
  'exit-observed': line => ({
    title: `Would exit ${line.positionId} by ${reasonIn(line, 'a rule')}`,
    text: 'mode: observe, nothing is sent',
    tone: 'plain',
  }),
  'exit-late-fill': line => late(line, 'after its exit'),
  'exit-late-order': line =>
    line['isOver'] === true
      ? undefined
      : {
          title: `Cancelling an order of ${line.positionId}: its exit is over`,
          text: 'it works at the broker and could be executed once more: cancel it there if it stays',
          tone: 'bad',
        },
  'released-order-over': line =>
    numberIn(line, 'quantity') === 0 ? undefined : late(line, 'after its release'),
  'exit-stuck': line => ({
    title: `Act on ${line.positionId}: the broker rejects its exit`,
    text: 'the exit is tried again; watchkeeper why shows each attempt',
    tone: 'bad',
  }),
  'exit-unproved': line => ({
    title: `Check ${line.positionId}: outcome of its order unknown`,
    text: `for ${spanText(numberIn(line, 'forMs') ?? 0)}; it is queried, and not sent twice: check the account if it lasts`,
    tone: 'bad',
  }),
} satisfies Readonly<Record<string, Composer>>
