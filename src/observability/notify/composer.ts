import type { JournalLine } from '../../ports/journal-lines.ts'
import type { Item } from './channel.ts'

/** The step in which prices of an instrument move; undefined where the configuration has none. */
export interface TickSizes {
  of(instrument: string): number | undefined
}

export type Draft = Pick<Item, 'title' | 'text' | 'tone'>

/** What a line says to a person; undefined: nothing. */
export type Composer = (line: JournalLine, ticks: TickSizes) => Draft | undefined
