import type { JournalKind } from '../ports/journal-kinds.ts'
import type { KeptLine } from '../ports/state-repository.ts'

/** Most lines that wait while the store refuses writes. */
const MOST_LINES = 10_000
const GAP: JournalKind = 'journal-gap'

/**
 * Journal lines that wait to be written. Beyond the bound the oldest are dropped, and one line with their number
 * replaces them.
 */
export class LineQueue {
  /** Lines that were dropped so far. */
  lost = 0
  private lines: KeptLine[] = []

  get size(): number {
    return this.lines.length
  }

  push(line: KeptLine): void {
    this.lines.push(line)
    if (this.lines.length > 2 * MOST_LINES) this.bound()
  }

  /** Takes all waiting lines. */
  take(): readonly KeptLine[] {
    this.bound()
    const { lines } = this
    this.lines = []
    return lines
  }

  /** Puts lines back that could not be written, before those that came since. */
  putBack(older: readonly KeptLine[]): void {
    this.lines = [...older, ...this.lines]
    this.bound()
  }

  private bound(): void {
    const excess = this.lines.length - MOST_LINES
    if (excess <= 0) return
    const gone = this.lines.slice(0, excess)
    const lost = gone.reduce((sum, line) => sum + (line.kind === GAP ? Number(line['lost']) : 1), 0)
    this.lost += gone.filter(({ kind }) => kind !== GAP).length
    const { at } = gone.at(-1)!
    this.lines = [{ at, kind: GAP, lost }, ...this.lines.slice(excess)]
  }
}
