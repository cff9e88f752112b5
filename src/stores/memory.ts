import { WatchkeeperError } from '../errors.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { Batch, Prune, Store, Table } from '../ports/store.ts'
import { admits, generationIn } from './generations.ts'

/** Content of memory stores; several stores may share one, as processes share a disk. */
export class MemoryPlace {
  readonly tables = new Map<Table, Map<string, string>>()
  /** Oldest first, without gaps. */
  lines: string[] = []
  lastSeq = 0
  owner: { readonly token: string; readonly until: number } | undefined
}

/** A store that lasts as long as the process, for tests. Its ownership is a lease. */
export class MemoryStore implements Store {
  private readonly place: MemoryPlace
  private readonly now: () => number
  private token: string | undefined

  constructor(place = new MemoryPlace(), now: () => number = () => performance.now()) {
    this.place = place
    this.now = now
  }

  claim(token: string, leaseMs: number): Promise<void> {
    const { owner } = this.place
    if (owner !== undefined && owner.token !== token && this.now() < owner.until) {
      const text = 'the store is owned by another one, whose lease goes on'
      return Promise.reject(new WatchkeeperError('STORE_OWNED', text))
    }
    this.token = token
    this.place.owner = { token, until: this.now() + leaseMs }
    return Promise.resolve()
  }

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    const rows = [...(this.place.tables.get(table) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    return Promise.resolve(new Map(rows.map(([key, text]) => [key, JSON.parse(text) as Value])))
  }

  async write({ rows = [], lines = [] }: Batch): Promise<readonly JournalLine[]> {
    this.assertOwner()
    const { place } = this
    // Throw for values that cannot be cloned before anything is written.
    const texts = rows.map(({ value }) => (value === undefined ? undefined : JSON.stringify(value)))
    for (const [index, row] of rows.entries()) {
      const { table, key } = row
      if (!admits(row, of => this.generationOf(of, key))) continue
      const entries = place.tables.get(table) ?? new Map<string, string>()
      place.tables.set(table, entries)
      const text = texts[index]
      if (text === undefined) entries.delete(key)
      else entries.set(key, text)
    }
    const numbered = lines.map(line => ({ ...line, seq: ++place.lastSeq }) as JournalLine)
    place.lines.push(...numbered.map(line => JSON.stringify(line)))
    return Promise.resolve(numbered)
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    const { after, limit, last, before = Infinity, positionId } = query
    const { lines, lastSeq } = this.place
    const from = Math.max(0, after - (lastSeq - lines.length))
    const found = lines
      .slice(from)
      .map(text => JSON.parse(text) as JournalLine)
      .filter(line => line.seq < before)
      .filter(line => positionId === undefined || line.positionId === positionId)
    const chosen = last === undefined ? found.slice(0, limit) : found.slice(-last || found.length)
    return Promise.resolve(chosen)
  }

  async prune({ keep, olderThan }: Prune): Promise<number> {
    this.assertOwner()
    const { lines } = this.place
    const isOld = (text: string): boolean => (JSON.parse(text) as JournalLine).at < olderThan
    let dropped = Math.max(0, lines.length - keep)
    while (dropped < lines.length && isOld(lines[dropped]!)) dropped++
    this.place.lines = lines.slice(dropped)
    return Promise.resolve(dropped)
  }

  close(): Promise<void> {
    if (this.isOwner()) this.place.owner = undefined
    return Promise.resolve()
  }

  private generationOf(table: Table, key: string): number {
    const text = this.place.tables.get(table)?.get(key)
    return text === undefined ? 0 : generationIn(JSON.parse(text))
  }

  private isOwner(): boolean {
    return this.token !== undefined && this.place.owner?.token === this.token
  }

  private assertOwner(): void {
    if (this.isOwner()) return
    throw new WatchkeeperError('FENCED', 'another process has taken the store over')
  }
}
