import { csvCell } from '../domain/csv.ts'
import { onOneLine } from '../domain/plain-text.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import { timeText, type Paint } from './output.ts'

const KIND_WIDTH = 17
const ID_WIDTH = 16

/** Formats one line of the journal for a person. */
export function journalText(line: JournalLine, paint: Paint): string {
  // `watchkeeper exits` prints the trade.
  const { at, kind, positionId = '', seq: _seq, steps, trade: _trade, ...detail } = line
  const fields = Object.entries(detail).map(([name, value]) =>
    onOneLine(`${name}=${JSON.stringify(value)}`),
  )
  const what = paint('bold', onOneLine(kind).padEnd(KIND_WIDTH))
  const head = [timeText(at), what, onOneLine(positionId).padEnd(ID_WIDTH)]
  return [[...head, ...fields].join(' ').trimEnd(), ...stepLines(steps)].join('\n')
}

/** The history of an exit, one line each: time since its decision, attempt, and event. */
export function stepLines(steps: unknown): string[] {
  if (!Array.isArray(steps)) return []
  const known = steps as readonly { at: number; attempt: number; what: string }[]
  const start = known[0]?.at ?? 0
  return known.map(({ at, attempt, what }) => {
    const after = `+${((at - start) / 1_000).toFixed(3)} s`
    return `  ${after.padStart(12)}  attempt ${attempt}  ${onOneLine(what)}`
  })
}

const CSV_COLUMNS = ['seq', 'at', 'kind', 'positionId'] as const

/** Header line of the journal as CSV. */
export const CSV_HEAD = [...CSV_COLUMNS, 'detail'].join(',')

/** One line as CSV: the columns that every line has, and the other fields as one JSON column. */
export function csvLine(line: JournalLine): string {
  const { seq, at, kind, positionId = '', ...detail } = line
  return [seq, at, kind, positionId, JSON.stringify(detail)].map(csvCell).join(',')
}
