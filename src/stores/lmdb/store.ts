import type { Database, RootDatabase } from 'lmdb'
import { shownPath } from '../../disk/folder.ts'
import { isOriginal, type FileOrigin } from '../../disk/footing.ts'
import { Room } from '../../disk/room.ts'
import { isFull } from '../../disk/space.ts'
import type { JournalLine, JournalQuery } from '../../ports/journal-lines.ts'
import type {
  Batch,
  OwnedStore,
  Prune,
  Row,
  Snapshot,
  StoreEvents,
  StoreStatus,
  Table,
} from '../../ports/store.ts'
import { nextTurn } from '../../ports/turns.ts'
import { admits, GenerationCache, generationIn } from '../generations.ts'
import { full } from './errors.ts'
import { FolderHold } from './hold.ts'
import { LmdbJournal } from './journal.ts'
import { plainTable, tableOf } from './open.ts'
import { LmdbOwnership } from './ownership.ts'
import { assertKnownSchema, upgradeSchema } from './schema.ts'
import { Snapshots } from './snapshots.ts'

/** Identity of the file that the data was written to: a copy of the file has another identity. */
const ORIGIN = 'origin'

/** Pages that one step of pruning may rewrite. */
const ROWS_TO_PRUNE = 64
/** Rows that are read in one turn of the event loop: about half a millisecond. */
const ROWS_A_TURN = 100

/** Writes to these tables decide about exits, and may use the reserved disk space. */
const EXIT_TABLES = new Set<Table>(['exits', 'released', 'nets', 'settings'])

/** Rows of all tables are in one lmdb table, keyed by table and key. */
type RowKey = [Table, string]

/** The embedded store: one lmdb environment in a folder of its own. */
export class LmdbStore implements OwnedStore {
  events: StoreEvents = {}
  staleReason: string | undefined
  private readonly root: RootDatabase<unknown, string>
  private readonly folder: string
  private readonly meta: Database<unknown, string>
  private readonly data: Database<unknown, RowKey>
  private readonly lines: LmdbJournal
  private readonly room: Room
  private readonly generations: GenerationCache
  private readonly hold: FolderHold
  private readonly ownership: LmdbOwnership
  private readonly snapshots: Snapshots
  private isClosed = false

  /** Takes over an open environment, and closes it where a later version has written it. */
  static async in(
    root: RootDatabase<unknown, string>,
    folder: string,
    locked?: string,
  ): Promise<LmdbStore> {
    try {
      return new LmdbStore(root, folder, locked)
    } catch (error) {
      await root.close()
      throw error
    }
  }

  private constructor(root: RootDatabase<unknown, string>, folder: string, locked?: string) {
    this.root = root
    this.folder = folder
    this.room = new Room(folder)
    this.hold = new FolderHold(folder, locked)
    this.meta = tableOf(root, { name: 'meta' })
    // Check before opening the next table, which would create it.
    assertKnownSchema(this.meta)
    this.data = tableOf(root, plainTable('rows'))
    this.generations = new GenerationCache((table, key) =>
      generationIn(this.data.get([table, key])),
    )
    this.lines = new LmdbJournal(root, this.meta)
    this.snapshots = new Snapshots(root, this.data, this.lines)
    this.ownership = new LmdbOwnership({
      root,
      meta: this.meta,
      room: this.room,
      hold: this.hold,
    })
  }

  /** Claims the store. A lease has no effect here: whether the owner's process runs is visible. */
  async claim(token: string): Promise<void> {
    await this.ownership.claim(token)
    this.generations.forget()
    await upgradeSchema(this.meta, this.lines, this.ownership)
    await this.compareOrigin()
  }

  /** Reads `ROWS_A_TURN` rows in each turn of the event loop; each row is read as it is then. */
  async rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    const rows = new Map<string, Value>()
    let last = ''
    for (let isOver = false; !isOver;) {
      if (rows.size > 0) await nextTurn()
      this.renewSnapshot()
      isOver = true
      // The first one is the last one of the turn before.
      const some = this.data.getRange({ start: [table, last], limit: ROWS_A_TURN + 1 })
      for (const { key, value } of some) {
        if (key[0] !== table) return rows
        if (key[1] === last && rows.has(last)) continue
        rows.set(key[1], value as Value)
        last = key[1]
        isOver = false
      }
    }
    return rows
  }

  /** All tables as of one moment. */
  snapshot(): Promise<Snapshot> {
    return this.snapshots.take()
  }

  async write({ rows = [], lines = [] }: Batch): Promise<readonly JournalLine[]> {
    const isExit = rows.some(({ table }) => EXIT_TABLES.has(table))
    if (!this.room.admits(rows.length + lines.length, isExit)) throw full()
    const written = this.ownership.fenced(() => {
      for (const row of rows) {
        if (!admits(row, table => this.generations.of(table, row.key))) continue
        this.put(row)
        this.generations.put(row)
      }
      return this.lines.append(lines)
    })
    // The cache must not remember rows that were not written.
    return written.catch((error: unknown) => {
      this.generations.forget()
      throw error
    })
  }

  /** Writes rows and lines of another store, and keeps their numbers. */
  async restore(
    rows: readonly Row[],
    lines: readonly JournalLine[],
    lastSeq = lines.at(-1)?.seq,
  ): Promise<void> {
    if (!this.room.admits(rows.length + lines.length, false)) throw full()
    this.generations.forget()
    await this.ownership.fenced(() => {
      for (const row of rows) this.put(row)
      this.lines.put(lines)
      if (lastSeq !== undefined) this.lines.goOnBehind(lastSeq)
    })
  }

  /** The highest number that a journal line ever had. */
  lastSeq(): Promise<number> {
    return Promise.resolve(this.lines.lastSeq())
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    this.renewSnapshot()
    return Promise.resolve(this.lines.read(query))
  }

  async prune(which: Prune): Promise<number> {
    let total = 0
    for (;;) {
      if (!this.room.admits(ROWS_TO_PRUNE, false)) throw full()
      const count = await this.ownership.fenced(() => this.lines.prune(which))
      if (count === 0) return total
      total += count
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    try {
      await this.ownership.release()
    } catch (error) {
      if (!isFull(error)) throw error
    } finally {
      await this.abandon()
    }
  }

  /** The state of the store for health. It has no risks: other processes see that the owner runs, so none takes it over. */
  status(): StoreStatus {
    const { lost } = this.hold
    const counts = { risks: [], outages: 0, losses: 0 }
    return { place: shownPath(this.folder), isOurs: lost.length === 0, lost, ...counts }
  }

  /** Closes and leaves the owner's row as it is. */
  async abandon(): Promise<void> {
    await this.snapshots.settled()
    await this.root.close()
    this.hold.unlock()
  }

  /**
   * Ends the read snapshot, which lmdb keeps for some event turns: commits of other processes
   * become visible.
   */
  private renewSnapshot(): void {
    this.root.resetReadTxn()
  }

  /** Detects that the data file was copied or restored: it is not the file that was written to. */
  private async compareOrigin(): Promise<void> {
    const stored = this.meta.get(ORIGIN)
    if (stored === undefined) return this.settle()
    if (!isOriginal(stored as FileOrigin, this.hold.origin)) {
      this.staleReason = 'its data was copied or restored'
    }
  }

  /** On a full disk nothing is written, and the next process finds the same reason again. */
  async settle(): Promise<void> {
    const isKept = this.staleReason === undefined && this.meta.get(ORIGIN) !== undefined
    if (isKept || !this.room.admits(1, true)) return
    await this.ownership.fenced(() => this.meta.putSync(ORIGIN, this.hold.origin))
    this.staleReason = undefined
  }

  private put({ table, key, value }: Row): void {
    if (value === undefined) this.data.removeSync([table, key])
    else this.data.putSync([table, key], value)
  }
}
