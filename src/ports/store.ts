import type { JournalLine, JournalQuery } from './control.ts'

/** The kinds of rows that are kept. */
export type Table = 'positions' | 'closed' | 'ratchets' | 'exits' | 'settings' | 'history'

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

/** Journal lines that may go: those beyond the last `keep`, and those from before `olderThan`. */
export interface Prune {
  readonly keep: number
  /** Epoch ms. */
  readonly olderThan: number
}

/**
 * Where state outlives the process. Durable means on disk when the promise resolves; what is
 * written in one turn is one commit. One process owns a store. Writes throw WatchkeeperError:
 * FENCED without the ownership, STORE_FULL when there is no room, STORE_FAILED for anything else;
 * nothing of the batch is then kept.
 */
export interface Store {
  /**
   * Takes the store for the owner that `token` names, or goes on owning it. Throws WatchkeeperError
   * STORE_OWNED while another owner lives: while its process runs, where that can be seen, or else
   * until `leaseMs` have passed since it last claimed. Ownership is checked with each write, in the
   * same transaction.
   */
  claim(token: string, leaseMs: number): Promise<void>
  /** All rows of a table as they were committed. */
  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>>
  /** Gives the journal lines with their numbers, once they are durable. */
  write(batch: Batch): Promise<readonly JournalLine[]>
  /** Lines numbered above `after`, oldest first; takes time by what it gives, not by the journal. */
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  /**
   * Takes away the oldest journal lines, a few hundred in one commit, and gives how many. Numbers
   * go on from the highest that was ever given.
   */
  prune(which: Prune): Promise<number>
  /** Lets writes under way end, gives the ownership up, and closes. */
  close(): Promise<void>
}
