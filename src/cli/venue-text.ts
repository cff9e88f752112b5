import type { VenueReport } from '../app/venue-test.ts'

/** Formats what was measured at an account, one line each. */
export function reportText(report: VenueReport): readonly string[] {
  const { clockOffsetMs, usedIdRefused, foundById, visibility } = report
  const shown =
    visibility.medianMs === null
      ? 'not measured'
      : `${visibility.medianMs} ms, the longest ${visibility.p999Ms} ms, of ${visibility.orders} orders`
  return [
    `clock        ${Math.abs(clockOffsetMs)} ms ${clockOffsetMs < 0 ? 'behind' : 'ahead of'} this machine; an answer takes ${report.answerMs} ms`,
    `flat         ${said(report.flatIsProved, 'proved by a row of its own', 'no row: a flat holding is unknown')}`,
    `unknown id   ${said(report.unknownIdIsAbsent, 'absent', 'not absent')}`,
    `used id      open: ${said(usedIdRefused.whileOpen, 'refused', 'TAKEN AGAIN')}; filled: ${said(usedIdRefused.afterFill, 'refused', 'taken again')}`,
    `by its id    filled: ${said(foundById.afterFill, 'found', 'NOT FOUND')}; cancelled: ${said(foundById.afterCancel, 'found', 'not found')}`,
    `reduce-only  ${said(report.reduceOnlyOvershoots, 'WENT THROUGH ZERO', 'stops at zero')}`,
    ...(report.orderAccepted === undefined
      ? []
      : [`an order     ${said(report.orderAccepted, 'would be accepted', 'WOULD BE REFUSED')}`]),
    `a late order ${said(report.lateOrderRefused, 'is refused', 'IS TAKEN')}`,
    `shows after  ${shown}`,
    ...report.notes.map(note => `note         ${note}`),
  ]
}

const said = (is: boolean | null, yes: string, no: string): string =>
  is === null ? 'not measured' : is ? yes : no
