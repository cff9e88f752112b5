import { levelText, numberText } from '../domain/level-text.ts'
import { profitOf } from '../domain/profit.ts'
import { offsetAt } from '../domain/zone.ts'
import { cut } from '../observability/notify/channel.ts'
import {
  countOf,
  moneyText,
  pctText,
  priceText,
  spanText,
} from '../observability/notify/person-text.ts'
import type { Control } from '../ports/control.ts'
import type { PortfolioView } from '../ports/control/portfolio.ts'
import type { PositionView } from '../ports/control/positions.ts'
import type { WhyView } from '../ports/control/why.ts'
import type { KeptWish } from './kept-bot.ts'

/** Telegram takes no longer message. */
const LONGEST = 4_096
const MOST_POSITIONS = 20
const MOST_REASONS = 5
const SWITCH_TEXT = {
  off: 'kill switch off',
  block: 'kill switch: block, no new entries',
  flatten: 'kill switch: flatten, every position is exited',
  halt: 'kill switch: HALT, no order leaves',
} as const

export const bounded = (lines: readonly string[]): string => cut(lines.join('\n'), LONGEST)

export const HELP = [
  '/status – is everything guarded?',
  '/positions – nearest to their stops first',
  '/why <id> – what each rule would do',
  '/exit <id> – exit a position',
  '/flatten – exit every position',
  '/halt – let no order leave',
  '/resume – back to work',
  'Each act asks you to confirm it within 30 s.',
].join('\n')

const count = (control: Pick<Control, 'health'>, state: string): number =>
  Number(control.health().checks[`positions:${state}`]?.[0]?.observedValue ?? 0)

/** Time of day in a zone. */
const clockText = (at: number, timezone: string): string =>
  new Date(at + offsetAt(timezone, at)).toISOString().slice(11, 16)

/** Health, positions by state, kill switch and limits. */
export async function statusText(
  control: Pick<Control, 'health' | 'killSwitch' | 'portfolio'>,
  timezone: string,
): Promise<string> {
  const { status, since, output } = control.health()
  const { state, held } = control.killSwitch()
  const portfolio = await control.portfolio()
  const when = since === undefined ? '' : ` since ${clockText(since, timezone)}`
  const unguarded = count(control, 'unguarded')
  return bounded([
    `${{ pass: '🟢', warn: '🟡', fail: '🔴' }[status]} ${status}${when}`,
    `${count(control, 'guarded')} guarded, ${count(control, 'exiting')} exiting, ${unguarded} not guarded`,
    ...output.slice(0, MOST_REASONS),
    `${SWITCH_TEXT[state]}${held.length > 0 ? `, holds ${countOf(held.length, 'exit')}` : ''}`,
    ...dayLines(portfolio),
  ])
}

function dayLines({ realised, limits }: PortfolioView): string[] {
  const today = realised
    .filter(({ amount }) => amount !== 0)
    .map(({ amount, currency }) => moneyText(amount, currency))
  return [
    ...(today.length === 0 ? [] : [`today ${today.slice(0, MOST_REASONS).join(', ')}`]),
    ...limits
      .slice(0, MOST_REASONS)
      .map(({ name, loss, maxLoss, trippedAt }) =>
        [
          `limit ${name}: ${Math.max(0, Math.round((loss / maxLoss) * 100))} % used`,
          ...(trippedAt === null ? [] : ['reached']),
        ].join(', '),
      ),
  ]
}

/** Way to the stop, percent of the price; infinite where one of both is unknown. */
const wayOf = ({ lastPrice, stop }: PositionView): number =>
  lastPrice === null || stop === null ? Infinity : Math.abs((lastPrice - stop) / lastPrice) * 100

/** Open positions, nearest to their stops first. */
export function positionsText(control: Pick<Control, 'positions'>): string {
  const all = control.positions()
  if (all.length === 0) return 'No position is open.'
  const near = all.toSorted((a, b) => wayOf(a) - wayOf(b)).slice(0, MOST_POSITIONS)
  return bounded([
    ...near.map(positionLine),
    ...(all.length > near.length ? [`and ${all.length - near.length} more`] : []),
  ])
}

function positionLine(view: PositionView): string {
  const { id, side, quantity, instrument, lastPrice, tickSize, state, unguardedBy } = view
  const facts = [
    ...(lastPrice === null ? ['no price'] : [`now ${priceText(lastPrice, tickSize)}`]),
    ...profitIn(view),
    stopIn(view),
    ...(state === 'guarded'
      ? []
      : [state + (unguardedBy === undefined ? '' : ` (${unguardedBy})`)]),
  ]
  return `${id} ${side} ${numberText(quantity)} ${instrument}: ${facts.join(', ')}`
}

function profitIn(view: PositionView): string[] {
  if (view.lastPrice === null) return []
  const { profitAmount, profitPct } = profitOf(view, view.lastPrice)
  return [`${moneyText(profitAmount)} (${pctText(profitPct)})`]
}

const levelOf = (level: number, isBelow: boolean, tickSize: number | undefined): string =>
  levelText(tickSize === undefined ? Number(level.toPrecision(8)) : level, { isBelow, tickSize })

function stopIn({ stop, side, tickSize }: PositionView): string {
  return stop === null ? 'no stop' : `stop ${levelOf(stop, side === 'long', tickSize)}`
}

interface Explained {
  readonly rule: string
  readonly armed: boolean
  readonly why?: string
  readonly level?: number
  readonly instrument?: string
  readonly distance?: number | null
  readonly exitAt?: number
}

/** A position, and what each of its rules would do. */
export function whyText({ position, rules, exit }: WhyView, timezone: string): string {
  return bounded([
    positionLine(position),
    ...(rules as unknown as readonly Explained[]).map(rule => ruleLine(rule, position, timezone)),
    ...(exit === undefined
      ? []
      : [
          `exit ${exit.state}, ${numberText(exit.executed)} of ${numberText(exit.quantity)} executed`,
        ]),
  ])
}

function ruleLine(
  rule: Explained,
  { side, instrument, tickSize }: PositionView,
  zone: string,
): string {
  const { level, distance, exitAt, armed, why } = rule
  const isOwn = rule.instrument === undefined || rule.instrument === instrument
  const isBelow = typeof distance === 'number' ? distance < 0 : side === 'long'
  const facts = [
    ...(level === undefined ? [] : [`at ${levelOf(level, isBelow, isOwn ? tickSize : undefined)}`]),
    ...(isOwn ? [] : [`on ${rule.instrument}`]),
    ...(exitAt === undefined ? [] : [`at ${clockText(exitAt, zone)}`]),
    ...(armed ? [] : [`not armed${why === undefined ? '' : `: ${why}`}`]),
  ]
  return `• ${rule.rule} ${facts.join(' ')}`.trim()
}

/** What would be done, as a question. */
export function questionText(wish: KeptWish, view: PositionView | undefined, open: number): string {
  if (wish.kind === 'exit') {
    return view === undefined ? `Exit ${wish.id}?` : `Exit ${positionLine(view)}?`
  }
  switch (wish.state) {
    case 'flatten':
      return `Flatten: exit every position (${open} open) and each one that is added later?`
    case 'halt':
      return `Halt: let no order leave, whatever prices do? ${countOf(open, 'open position')} would lose the guard.`
    case 'off':
      return wish.held === undefined
        ? 'Resume: move the kill switch to off?'
        : `Resume: move the kill switch to off, and ${wish.held} the exits that halt holds?`
  }
}

export const lateText = (ageMs: number): string =>
  `Too late: that was asked ${spanText(ageMs)} ago. Nothing was done; send the command again.`
