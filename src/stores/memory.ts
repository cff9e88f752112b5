import type { JournalLine, JournalQuery } from '../ports/control.ts'
import type { Batch, Store, Table } from '../ports/store.ts'

/** A store that keeps nothing beyond the process: for tests. */
export class MemoryStore implements Store {
  private readonly tables = new Map<Table, Map<string, string>>()
  private lines: JournalLine[] = []
  private lastSeq = 0

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    const rows = this.tables.get(table) ?? new Map<string, string>()
    return Promise.resolve(
      new Map([...rows].map(([key, text]) => [key, JSON.parse(text) as Value])),
    )
  }

  write({ rows = [], lines = [] }: Batch): Promise<readonly JournalLine[]> {
    for (const { table, key, value } of rows) {
      const entries = this.tables.get(table) ?? new Map<string, string>()
      this.tables.set(table, entries)
      if (value === undefined) entries.delete(key)
      else entries.set(key, JSON.stringify(value))
    }
    const numbered = lines.map(line => ({ ...line, seq: ++this.lastSeq }) as JournalLine)
    this.lines.push(...numbered)
    return Promise.resolve(numbered)
  }

  journal({ after, limit, positionId }: JournalQuery): Promise<readonly JournalLine[]> {
    const found = this.lines.filter(
      line => line.seq > after && (positionId === undefined || line.positionId === positionId),
    )
    return Promise.resolve(found.slice(0, limit))
  }

  prune(keep: number): Promise<number> {
    const dropped = Math.max(0, this.lines.length - keep)
    this.lines = this.lines.slice(dropped)
    return Promise.resolve(dropped)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
