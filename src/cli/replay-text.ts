import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { EXIT_REASONS } from '../domain/reason.ts'
import type { TickSizeOf } from './check-text.ts'
import type { ExitLine, OpenLine, SummaryLine } from './exit-report.ts'
import { levelText, numberText } from './levels.ts'
import type { LimitLine } from './limit-line.ts'
import {
  amountText,
  pctText,
  readable,
  tableLines,
  timeText,
  zoneName,
  type Paint,
} from './output.ts'

/** Formats the results of a replay for a person. */
export interface ReplayText {
  heading(): string
  exit(line: ExitLine): string
  limit(line: LimitLine): string
  open(lines: readonly OpenLine[]): string
  summary(line: SummaryLine): string
}

const REASON_WIDTH = 13
const SIDE_WIDTH = 5
const PRICE_WIDTH = 12

/** Column widths follow the positions, because exits are printed one by one as they happen. */
export function replayText(
  positions: readonly Position[],
  paint: Paint,
  tickSizeOf: TickSizeOf = () => undefined,
): ReplayText {
  const longest = (texts: readonly string[], least: number): number =>
    Math.max(least, ...texts.map(text => text.length))
  const idWidth = longest(
    positions.map(position => position.id),
    8,
  )
  const nameWidth = longest(
    positions.map(position => position.instrument),
    10,
  )
  const columns = (cells: readonly string[]): string => cells.join('  ').trimEnd()
  const profit = (text: string, value: number): string =>
    paint(value > 0 ? 'green' : value < 0 ? 'red' : 'dim', text)
  const known = new Map(positions.map(position => [position.id, position]))
  const levelOf: LevelOf = (id, level, which) => {
    const position = known.get(id)
    if (position === undefined) return numberText(level)
    const isBelow = (position.side === 'long') === (which === 'stop')
    return levelText(level, { isBelow, tickSize: tickSizeOf(position.instrument) })
  }
  return {
    heading: () =>
      paint(
        'dim',
        columns([
          `time (${zoneName()})`.padEnd(timeText(0).length),
          'reason'.padEnd(REASON_WIDTH),
          'position'.padEnd(idWidth),
          'instrument'.padEnd(nameWidth),
          'side'.padEnd(SIDE_WIDTH),
          'filled at'.padStart(PRICE_WIDTH),
          'profit'.padStart(10),
          'amount'.padStart(12),
        ]),
      ),
    exit: line => {
      const also = line.matched.slice(1)
      return columns([
        timeText(line.at),
        paint('bold', line.reason.padEnd(REASON_WIDTH)),
        line.positionId.padEnd(idWidth),
        line.instrument.padEnd(nameWidth),
        line.side.padEnd(SIDE_WIDTH),
        numberText(line.fillPrice).padStart(PRICE_WIDTH),
        profit(pctText(line.profitPct).padStart(10), line.profitPct),
        profit(amountText(line.profitAmount).padStart(12), line.profitAmount),
        also.length === 0 ? '' : paint('dim', `also ${also.join(', ')}`),
      ])
    },
    limit: line => limitText(line, paint),
    open: lines => (lines.length === 0 ? '' : openTable(lines, { paint, levelOf })),
    summary: line => summaryText(line, profit),
  }
}

function limitText(line: LimitLine, paint: Paint): string {
  const { limit, what, at, loss, maxLoss } = line
  const [realised, unrealised] = [amountText(line.realised), amountText(line.unrealised)]
  const share = `${amountText(loss)} of ${amountText(maxLoss)}`
  const said = `limit ${limit} ${what === 'near' ? 'is near' : 'is reached'}: ${share}`
  return `${timeText(at)}  ${paint('yellow', said)} (realised ${realised}, unrealised ${unrealised})`
}

/** A level of a position for a person, on a tick where that is known. */
type LevelOf = (id: PositionId, level: number, which: 'stop' | 'target') => string

function openTable(
  lines: readonly OpenLine[],
  { paint, levelOf }: { readonly paint: Paint; readonly levelOf: LevelOf },
): string {
  const none = '-'
  const [head, ...rows] = tableLines(
    [
      ['still open', 'stop', 'target', 'best', ''],
      ...lines.map(({ positionId, stop, target, best, exiting, belowMinimum }) => [
        positionId,
        stop === null ? none : levelOf(positionId, stop, 'stop'),
        target === null ? none : levelOf(positionId, target, 'target'),
        numberText(best),
        exiting === true
          ? belowMinimum === true
            ? 'exiting: worth too little'
            : 'exiting: no price yet'
          : '',
      ]),
    ],
    new Set([1, 2, 3]),
  )
  return ['', paint('dim', head!), ...rows].join('\n')
}

function summaryText(line: SummaryLine, profit: (text: string, value: number) => string): string {
  const reasons = EXIT_REASONS.filter(reason => line.byReason[reason] > 0)
  const counts = reasons.map(reason => `${reason} ${line.byReason[reason]}`).join(', ')
  const profits = line.profits ?? [{ amount: line.profitAmount, currency: null }]
  const total = profits
    .map(({ amount, currency }) => profit(`${amountText(amount)} ${currency ?? ''}`.trim(), amount))
    .join(' and ')
  const odd = [
    line.badTicks > 0 ? `, ${readable(line.badTicks)} of them bad` : '',
    `; ${readable(line.skippedRows)} rows skipped, ${readable(line.lateRows)} late`,
  ].join('')
  const range =
    line.from === null || line.to === null
      ? 'no ticks'
      : `${readable(line.ticks)} ticks from ${timeText(line.from)} to ${timeText(line.to)}${odd}`
  return [
    '',
    `${line.positions} positions: ${line.exits} exits, ${line.open} open; profit ${total}`,
    ...(counts === '' ? [] : [`exits: ${counts}`]),
    range,
  ].join('\n')
}
