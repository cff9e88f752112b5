import type { PositionView } from '../ports/control/positions.ts'
import { numberText, stopText, targetText } from './levels.ts'
import { accountColumn, tableLines } from './output.ts'

/** Printed in place of an empty table of positions. */
export const NO_POSITION = 'no position is guarded'

const orDash = (value: number | null): string => (value === null ? '-' : numberText(value))

/** Open positions as a table for a person, in the order that is given. */
export function positionTable(views: readonly PositionView[]): string[] {
  if (views.length === 0) return [NO_POSITION]
  const head = ['position', 'state', 'instrument', 'side', 'quantity', 'entry', 'price', 'stop']
  const accounts = accountColumn(views)
  return tableLines(
    [
      [...accounts.head, ...head, 'target', 'best', 'rules'],
      ...views.map(view => [
        ...accounts.cellOf(view),
        view.id,
        view.reason === undefined ? view.state : `${view.state}: ${view.reason}`,
        view.instrument,
        view.side,
        numberText(view.quantity),
        numberText(view.entryPrice),
        orDash(view.lastPrice),
        stopText(view),
        targetText(view),
        numberText(view.best),
        Object.keys(view.rules).join(', '),
      ]),
    ],
    new Set([4, 5, 6, 7, 8, 9].map(column => column + accounts.head.length)),
  )
}
