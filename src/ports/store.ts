import type { JournalLine, JournalQuery } from './control.ts'

/** The kinds of rows that are kept. */
export type Table = 'positions' | 'ratchets' | 'exits' | 'settings' | 'history'

/** One row to be written; without a value it is taken away. */
export interface Row {
  readonly table: Table
  readonly key: string
  /** JSON. */
  readonly value?: unknown
}

/** A journal line before it has its number. */
export type NewJournalLine = Omit<JournalLine, 'seq'>

/** What one turn writes: all of it is durable, or none. */
export interface Batch {
  readonly rows?: readonly Row[]
  readonly lines?: readonly NewJournalLine[]
}

/**
 * Where state outlives the process. Durable means on disk when the promise resolves; what is
 * written in one turn is one commit. One process owns a store: writes throw Fenced (code FENCED)
 * once another one has taken it over.
 */
export interface Store {
  /** All rows of a table as they were committed. */
  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>>
  /** Gives the journal lines with their numbers, once they are durable. */
  write(batch: Batch): Promise<readonly JournalLine[]>
  /** Lines numbered above `after`, oldest first. */
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  /** Takes away the oldest journal lines, all but the last `keep`. Gives how many. */
  prune(keep: number): Promise<number>
  /** Lets writes under way end, gives the ownership up, and closes. */
  close(): Promise<void>
}
