import type { JournalLine } from '../ports/control.ts'
import { type Paint, timeText } from './output.ts'

const KIND_WIDTH = 17
const ID_WIDTH = 16

/** One line of the journal as a person reads it. */
export function journalText(line: JournalLine, paint: Paint): string {
  const { at, kind, positionId = '', seq: _seq, ...detail } = line
  const told = Object.entries(detail).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const head = [timeText(at), paint('bold', kind.padEnd(KIND_WIDTH)), positionId.padEnd(ID_WIDTH)]
  return [...head, ...told].join(' ').trimEnd()
}
