import type { Database, RootDatabase } from 'lmdb'
import type { Snapshot, Table } from '../../ports/store.ts'
import { inTurns } from '../../ports/turns.ts'
import type { LmdbJournal } from './journal.ts'

/** Rows that are read in one turn of the event loop. */
const ROWS_A_TURN = 100

/** Reads all tables of an environment as of one moment. */
export class Snapshots {
  private readonly root: RootDatabase<unknown, string>
  private readonly data: Database<unknown, [Table, string]>
  private readonly lines: LmdbJournal
  /** Those being read. */
  private readonly underWay = new Set<Promise<Snapshot>>()

  constructor(
    root: RootDatabase<unknown, string>,
    data: Database<unknown, [Table, string]>,
    lines: LmdbJournal,
  ) {
    this.root = root
    this.data = data
    this.lines = lines
  }

  /** Takes one in turns: commits in between are not visible in it. */
  async take(): Promise<Snapshot> {
    const taking = this.read()
    this.underWay.add(taking)
    try {
      return await taking
    } finally {
      this.underWay.delete(taking)
    }
  }

  /** Resolves when none is being read. An environment that is closed under one cannot be read on. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay)
  }

  private async read(): Promise<Snapshot> {
    this.root.resetReadTxn()
    const transaction = this.root.useReadTransaction()
    try {
      const tables = new Map<Table, Map<string, unknown>>()
      await inTurns(this.data.getRange({ transaction }), ROWS_A_TURN, ({ key, value }) => {
        const [table, name] = key
        const rows = tables.get(table) ?? new Map<string, unknown>()
        tables.set(table, rows.set(name, value))
      })
      return { tables, lastSeq: this.lines.lastSeq(transaction) }
    } finally {
      transaction.done()
    }
  }
}
