import { randomUUID } from 'node:crypto'
import type { Database, RootDatabase } from 'lmdb'
import { commit } from '../disk/commit.ts'
import { shownPath } from '../disk/folder.ts'
import { isOriginal, type FileOrigin } from '../disk/footing.ts'
import { unlockFile } from '../disk/kernel-lock.ts'
import { Room } from '../disk/room.ts'
import { isFull } from '../disk/space.ts'
import { WatchkeeperError } from '../errors.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type {
  Batch,
  OwnedStore,
  Prune,
  Row,
  Snapshot,
  StoreEvents,
  StoreStatus,
  Table,
} from '../ports/store.ts'
import { admits, GenerationCache, generationIn } from './generations.ts'
import { failed, full, owned } from './lmdb/errors.ts'
import { FolderHold, lockFolder } from './lmdb/hold.ts'
import { LmdbJournal } from './lmdb/journal.ts'
import { openReadOnly, openRoot, plainTable, prepareFolder, tableOf, usable } from './lmdb/open.ts'
import { mayRun, thisProcess, type Owner } from './owner.ts'

/** 2: journal lines are indexed by position. */
const SCHEMA_VERSION = 2
/** Keys of the `meta` table. */
const OWNER = 'owner'
const SCHEMA = 'schema'
/** Identity of the file that the data was written to: a copy of the file has another identity. */
const ORIGIN = 'origin'

/** How often a write checks who owns the store before it fails, and the delay in between, ms. */
const MOST_TRIES = 3
const RETRY_MS = 2

/** Pages that one step of pruning may rewrite. */
const ROWS_TO_PRUNE = 64

/** Writes to these tables decide about exits, and may use the reserved disk space. */
const EXIT_TABLES = new Set<Table>(['exits', 'released', 'settings'])

/** Rows of all tables are in one lmdb table, keyed by table and key. */
type RowKey = [Table, string]

export interface LmdbStoreOptions {
  /** Created where it is missing. */
  readonly folder: string
}

/**
 * Opens the embedded store in a folder and claims it.
 *
 * @throws WatchkeeperError STORE_OWNED while another process owns it, STORE_UNUSABLE for an
 * unusable folder or file, STORE_FULL where the disk has no room, STORE_NEWER for a store of a
 * later release.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<LmdbStore> {
  const store = await attachLmdbStore(options)
  try {
    await usable(options.folder, () => store.claim(randomUUID()))
    return store
  } catch (error) {
    await store.abandon()
    throw error
  }
}

/** Opens the embedded store in a folder without a claim; throws as `openLmdbStore` does. */
export async function attachLmdbStore({ folder }: LmdbStoreOptions): Promise<LmdbStore> {
  return usable(folder, async () => {
    prepareFolder(folder)
    const locked = await lockFolder(folder)
    try {
      return await LmdbStore.in(await openRoot(folder), folder, locked)
    } catch (error) {
      if (locked !== undefined) unlockFile(locked)
      throw error
    }
  })
}

/**
 * Opens a store read-only, also while its owner runs; writes fail as FENCED.
 *
 * @throws WatchkeeperError STORE_UNUSABLE where there is no store.
 */
export async function openLmdbReader({
  folder,
}: LmdbStoreOptions): Promise<Pick<LmdbStore, Reads>> {
  return usable(folder, async () => LmdbStore.in(await openReadOnly(folder), folder))
}

/** The operations of a reader. */
type Reads = 'rows' | 'journal' | 'lastSeq' | 'abandon'

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
  private owner: Owner | undefined
  private isClosed = false

  /** Takes over an open environment, and closes it where a later release has written it. */
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
    this.assertKnown()
    this.data = tableOf(root, plainTable('rows'))
    this.generations = new GenerationCache((table, key) =>
      generationIn(this.data.get([table, key])),
    )
    this.lines = new LmdbJournal(root, this.meta)
  }

  /** Claims the store. A lease has no effect here: whether the owner's process runs is visible. */
  async claim(token: string): Promise<void> {
    const owner: Owner = { ...thisProcess(token), isLocking: this.hold.isLocked }
    // Check without a transaction first: behind an owner that writes constantly, a transaction
    // would wait.
    this.renewSnapshot()
    const early = this.refusalOf(owner)
    if (early !== undefined) throw early
    if (!this.room.admits(1, true)) throw full()
    const refusal = await commit(this.root, () => this.take(owner))
    if (refusal !== undefined) throw refusal
    this.owner = owner
    this.generations.forget()
    this.hold.name(owner)
    this.room.hold()
    await this.upgrade()
    await this.compareOrigin()
  }

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    this.renewSnapshot()
    const rows = new Map<string, Value>()
    for (const { key, value } of this.data.getRange({ start: [table, ''] })) {
      if (key[0] !== table) break
      rows.set(key[1], value as Value)
    }
    return Promise.resolve(rows)
  }

  /** All tables as of one moment; later commits are not visible in it. */
  snapshot(): Promise<Snapshot> {
    this.renewSnapshot()
    const tables = new Map<Table, Map<string, unknown>>()
    for (const { key, value } of this.data.getRange()) {
      const [table, name] = key
      const rows = tables.get(table) ?? new Map<string, unknown>()
      tables.set(table, rows.set(name, value))
    }
    return Promise.resolve({ tables, lastSeq: this.lines.lastSeq() })
  }

  async write({ rows = [], lines = [] }: Batch): Promise<readonly JournalLine[]> {
    const isExit = rows.some(({ table }) => EXIT_TABLES.has(table))
    if (!this.room.admits(rows.length + lines.length, isExit)) throw full()
    const written = this.fenced(() => {
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
    await this.fenced(() => {
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
      const count = await this.fenced(() => this.lines.prune(which))
      if (count === 0) return total
      total += count
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    try {
      // An owner whose process has ended does not count: on a full disk its row may stay.
      if (this.owner === undefined || !this.room.admits(1, true)) return
      await commit(this.root, () => {
        if (this.isOwner()) this.meta.removeSync(OWNER)
      })
    } catch (error) {
      if (!isFull(error)) throw error
    } finally {
      await this.root.close()
      this.hold.unlock()
    }
  }

  /** Its owner is seen to run: no other process takes it over meanwhile. */
  status(): StoreStatus {
    const { lost } = this.hold
    const counts = { risks: [], outages: 0, losses: 0 }
    return { place: shownPath(this.folder), isOurs: lost.length === 0, lost, ...counts }
  }

  /** Closes and leaves the owner's row as it is. */
  async abandon(): Promise<void> {
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

  private assertKnown(): void {
    const schema = this.meta.get(SCHEMA)
    if (typeof schema !== 'number' || schema <= SCHEMA_VERSION) return
    const text = `the store has schema ${schema}, expected at most ${SCHEMA_VERSION}: it was written by a later release`
    throw new WatchkeeperError('STORE_NEWER', text)
  }

  /** Runs inside a transaction. */
  private take(owner: Owner): WatchkeeperError | undefined {
    const refusal = this.refusalOf(owner)
    if (refusal === undefined) this.meta.putSync(OWNER, owner)
    return refusal
  }

  private refusalOf(owner: Owner): WatchkeeperError | undefined {
    const present = this.presentOwner()
    if (present === undefined || present.token === owner.token) return undefined
    return mayRun(present, owner.isLocking === true) ? owned(present) : undefined
  }

  private presentOwner(): Owner | undefined {
    return this.meta.get(OWNER) as Owner | undefined
  }

  /** Indexes the journal of an earlier release, a few hundred lines a commit. */
  private async upgrade(): Promise<void> {
    const schema = this.meta.get(SCHEMA)
    if (schema === SCHEMA_VERSION) return
    let seq: number | undefined = 0
    while (seq !== undefined) {
      const from: number = seq
      seq = await this.fenced(() => this.lines.reindex(from))
    }
    await this.fenced(() => this.meta.putSync(SCHEMA, SCHEMA_VERSION))
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
    await this.fenced(() => this.meta.putSync(ORIGIN, this.hold.origin))
    this.staleReason = undefined
  }

  private isOwner(): boolean {
    const present = this.meta.get(OWNER) as Owner | undefined
    return this.owner !== undefined && present?.token === this.owner.token
  }

  /**
   * Runs one transaction of the owner; it is on disk when the promise resolves.
   *
   * @throws WatchkeeperError FENCED where another process owns the store.
   */
  private async fenced<Result>(act: () => Result): Promise<Result> {
    for (let tries = 1; ; tries++) {
      this.hold.assertThere()
      const outcome = await this.attempt(act)
      // Where the folder was replaced meanwhile, no later process will find this commit.
      this.hold.assertThere()
      if (outcome !== undefined) return outcome.result
      // lmdb may have read outside its transaction: only a second read, in a later event turn,
      // counts.
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
      if (tries === MOST_TRIES || !this.isOwner()) break
    }
    throw new WatchkeeperError('FENCED', 'another process has taken the store over')
  }

  /** Undefined where another process owns the store, by what the transaction has read. */
  private async attempt<Result>(
    act: () => Result,
  ): Promise<{ readonly result: Result } | undefined> {
    try {
      return await commit(this.root, () => (this.isOwner() ? { result: act() } : undefined))
    } catch (cause) {
      if (isFull(cause)) this.room.failed()
      throw isFull(cause) ? full(cause) : failed(cause)
    }
  }

  private put({ table, key, value }: Row): void {
    if (value === undefined) this.data.removeSync([table, key])
    else this.data.putSync([table, key], value)
  }
}
