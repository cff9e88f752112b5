import type { JournalLine } from '../../ports/journal-lines.ts'
import type { ViewExit, ViewRow } from '../../ports/view.ts'

/** Number of exits in the list, the last one first. */
const MOST_EXITS = 30

/** Kinds of journal lines after which their position is read again immediately. */
const CHANGES = /^(position-|exit-|rules-|monitor-)/

/** Whether a line of this kind means that its position has changed. */
export const changesPosition = (kind: string): boolean => CHANGES.test(kind)

type About = Pick<ViewRow, 'side'> & { readonly instrument: string }

/** The last exits, collected from the lines of the journal in order. */
export class LastExits {
  private exits: ViewExit[] = []
  /** Version at which the list last changed. */
  changed = 0

  get all(): readonly ViewExit[] {
    return this.exits
  }

  take(line: JournalLine, version: number, about: About | undefined): void {
    const next = this.after(line, about)
    if (next === this.exits) return
    this.exits = next.slice(0, MOST_EXITS)
    this.changed = version
  }

  private after(line: JournalLine, about: About | undefined): ViewExit[] {
    switch (line.kind) {
      case 'exit-intended':
        return [decided(line, 'under-way', about), ...this.exits]
      case 'exit-observed':
        return [{ ...decided(line, 'observed', about), endedAt: line.at }, ...this.exits]
      case 'exit-filled':
        return this.ended(line, {
          state: 'filled',
          fill: numberOf(line['price']),
          quantity: numberOf(line['quantity']),
          profit: numberOf(line['profit']),
          ...aboutOf(line['trade']),
        })
      case 'exit-closed':
        return this.ended(line, { state: 'closed' })
      case 'exit-discarded':
        return this.ended(line, { state: 'discarded' })
      default:
        return this.exits
    }
  }

  private ended({ positionId, at }: JournalLine, end: Partial<ViewExit>): ViewExit[] {
    const index = this.exits.findIndex(
      ({ id, state }) => id === positionId && state === 'under-way',
    )
    return index === -1
      ? this.exits
      : this.exits.with(index, { ...this.exits[index]!, ...end, endedAt: at })
  }
}

const decided = (line: JournalLine, state: ViewExit['state'], about?: About): ViewExit => ({
  id: line.positionId ?? '',
  seq: line.seq,
  state,
  reason: textOf(line['reason']) ?? '',
  instrument: about?.instrument ?? null,
  side: about?.side ?? null,
  level: numberOf(line['level']),
  trigger: numberOf(line['price']),
  fill: null,
  quantity: numberOf(line['quantity']),
  profit: null,
  clientOrderId: textOf(line['clientOrderId']),
  at: line.at,
  endedAt: null,
})

/** Instrument and side in a line that ends a trade: its position may have been closed before the view was made. */
function aboutOf(trade: unknown): Partial<About> {
  const { instrument, side } = (trade ?? {}) as Readonly<Record<string, unknown>>
  const isKnown = typeof instrument === 'string' && (side === 'long' || side === 'short')
  return isKnown ? { instrument, side } : {}
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
