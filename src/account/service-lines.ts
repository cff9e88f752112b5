import type { JournalKind } from '../ports/journal-kinds.ts'
import { lineOf } from './journal-line.ts'
import type { StateWriter } from './state-writer.ts'

/** Journal lines about the service as a whole. */
export class ServiceLines {
  private readonly writer: Pick<StateWriter, 'soon'>
  private readonly now: () => number

  /** `now`: epoch ms. */
  constructor(writer: Pick<StateWriter, 'soon'>, now: () => number) {
    this.writer = writer
    this.now = now
  }

  /** Writes a line, durable soon. */
  readonly write = (kind: JournalKind, detail: Readonly<Record<string, unknown>>): void => {
    this.writer.soon({ line: lineOf(this.now(), kind, undefined, detail) })
  }
}
