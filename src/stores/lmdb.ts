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
import { admits, generationIn, KnownLives } from './life.ts'
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
/** Which file the data was written to, so that a copy of it is known as one. */
const ORIGIN = 'origin'

/** Looks at who owns the store before a write is given up, and the time between them, ms. */
const MOST_TRIES = 3
const LOOK_AGAIN_MS = 2

/** Pages that one step of pruning may rewrite. */
const ROWS_TO_PRUNE = 64

/** What decides about exits has room of its own. */
const EXIT_TABLES = new Set<Table>(['exits', 'released', 'settings'])

/** Rows are keyed by table, so that one lookup is one key. */
type RowKey = [Table, string]

export interface LmdbStoreOptions {
  /** Made where it is missing. */
  readonly folder: string
}

/**
 * Opens the embedded store in a folder and claims it. Throws WatchkeeperError: STORE_OWNED while
 * another process has it, STORE_UNUSABLE for a folder or file that cannot be used, STORE_FULL where
 * there is no room for it, STORE_NEWER for one that a later release has written.
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

/** Opens the embedded store in a folder, and claims nothing yet; throws as `openLmdbStore` does. */
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
 * Opens a store to look at it, also while its owner runs. Throws WatchkeeperError STORE_UNUSABLE
 * where there is none. Writes of what it gives are fenced.
 */
export async function openLmdbReader({
  folder,
}: LmdbStoreOptions): Promise<Pick<LmdbStore, Reads>> {
  return usable(folder, async () => LmdbStore.in(await openReadOnly(folder), folder))
}

/** What a reader can do. */
type Reads = 'rows' | 'journal' | 'lastSeq' | 'abandon'

/** The embedded store: one lmdb environment in a folder of its own. */
export class LmdbStore implements OwnedStore {
  events: StoreEvents = {}
  doubt: string | undefined
  private readonly root: RootDatabase<unknown, string>
  private readonly folder: string
  private readonly meta: Database<unknown, string>
  private readonly data: Database<unknown, RowKey>
  private readonly lines: LmdbJournal
  private readonly room: Room
  private readonly lives: KnownLives
  private readonly hold: FolderHold
  private owner: Owner | undefined
  private isClosed = false

  /** Takes an open environment; closes it again where a later release has written it. */
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
    // Before any table is made in it.
    this.assertKnown()
    this.data = tableOf(root, plainTable('rows'))
    this.lives = new KnownLives((table, key) => generationIn(this.data.get([table, key])))
    this.lines = new LmdbJournal(root, this.meta)
  }

  /** The lease has no say: whether the owner's process runs can be seen. */
  async claim(token: string): Promise<void> {
    const owner: Owner = { ...thisProcess(token), isLocking: this.hold.isLocked }
    // A look needs no transaction: an owner that writes all the time would keep whoever asks waiting.
    this.lookAfresh()
    const early = this.refusalOf(owner)
    if (early !== undefined) throw early
    if (!this.room.admits(1, true)) throw full()
    const refusal = await commit(this.root, () => this.take(owner))
    if (refusal !== undefined) throw refusal
    this.owner = owner
    this.lives.forget()
    this.hold.tell(owner)
    this.room.hold()
    await this.upgrade()
    await this.compareOrigin()
  }

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    this.lookAfresh()
    const rows = new Map<string, Value>()
    for (const { key, value } of this.data.getRange({ start: [table, ''] })) {
      if (key[0] !== table) break
      rows.set(key[1], value as Value)
    }
    return Promise.resolve(rows)
  }

  /** One look at all tables: what is committed meanwhile is in none of them. */
  snapshot(): Promise<Snapshot> {
    this.lookAfresh()
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
        if (!admits(row, table => this.lives.of(table, row.key))) continue
        this.put(row)
        this.lives.put(row)
      }
      return this.lines.append(lines)
    })
    // What was not written must not be remembered as if it was.
    return written.catch((error: unknown) => {
      this.lives.forget()
      throw error
    })
  }

  /** Writes rows and lines as another store has them, with their numbers. */
  async restore(
    rows: readonly Row[],
    lines: readonly JournalLine[],
    lastSeq = lines.at(-1)?.seq,
  ): Promise<void> {
    if (!this.room.admits(rows.length + lines.length, false)) throw full()
    this.lives.forget()
    await this.fenced(() => {
      for (const row of rows) this.put(row)
      this.lines.put(lines)
      if (lastSeq !== undefined) this.lines.goOnBehind(lastSeq)
    })
  }

  /** The highest number that a journal line was ever given. */
  lastSeq(): Promise<number> {
    return Promise.resolve(this.lines.lastSeq())
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    this.lookAfresh()
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
      // An owner whose process is gone is none: on a disk without room its name may stay.
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

  /** Closes without a word about the ownership. */
  async abandon(): Promise<void> {
    await this.root.close()
    this.hold.unlock()
  }

  /** lmdb keeps a snapshot for some turns: what others have committed since must be seen. */
  private lookAfresh(): void {
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

  /** Indexes the journal of an earlier release, a few hundred lines in one commit. */
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

  /** A file that was copied or restored is another one than the data was written to. */
  private async compareOrigin(): Promise<void> {
    const kept = this.meta.get(ORIGIN)
    if (kept === undefined) return this.settle()
    if (!isOriginal(kept as FileOrigin, this.hold.origin)) {
      this.doubt = 'its data was copied or restored'
    }
  }

  /** On a disk without room the next process finds the doubt again. */
  async settle(): Promise<void> {
    const isKept = this.doubt === undefined && this.meta.get(ORIGIN) !== undefined
    if (isKept || !this.room.admits(1, true)) return
    await this.fenced(() => this.meta.putSync(ORIGIN, this.hold.origin))
    this.doubt = undefined
  }

  private isOwner(): boolean {
    const present = this.meta.get(OWNER) as Owner | undefined
    return this.owner !== undefined && present?.token === this.owner.token
  }

  /** One transaction of the owner, on disk when the promise resolves. */
  private async fenced<Result>(act: () => Result): Promise<Result> {
    for (let tries = 1; ; tries++) {
      this.hold.assertThere()
      const outcome = await this.attempt(act)
      // What was written beside the folder is durable for no later process.
      this.hold.assertThere()
      if (outcome !== undefined) return outcome.result
      // lmdb may have read outside its transaction: only a second look, in a later turn, is believed.
      await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
      if (tries === MOST_TRIES || !this.isOwner()) break
    }
    throw new WatchkeeperError('FENCED', 'another process has taken the store over')
  }

  /** Undefined where another process owns the store, as far as the transaction saw. */
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
