import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, RootDatabase } from 'lmdb'
import { WatchkeeperError } from '../errors.ts'
import type { JournalLine, JournalQuery } from '../ports/control.ts'
import type { Batch, NewJournalLine, Row, Store, Table } from '../ports/store.ts'
import { faultOfFile } from './lmdb-file.ts'
import { isAlive, type Owner, thisProcess } from './owner.ts'

const SCHEMA_VERSION = 1
/** Keys of the `meta` table. */
const OWNER = 'owner'
const SCHEMA = 'schema'

/** Rows are keyed by table, so that one lookup is one key. */
type RowKey = [Table, string]

export interface LmdbStoreOptions {
  /** Made where it is missing. */
  readonly folder: string
}

/**
 * Opens the embedded store in a folder and claims it. Throws WatchkeeperError: STORE_OWNED while
 * another process has it, STORE_UNUSABLE for a folder or file that cannot be used, STORE_NEWER for
 * one that a later release has written.
 */
export async function openLmdbStore({ folder }: LmdbStoreOptions): Promise<LmdbStore> {
  return usable(folder, async () => {
    mkdirSync(folder, { recursive: true })
    const store = new LmdbStore(await openRoot(folder, false), thisProcess(randomUUID()))
    try {
      await store.claim()
    } catch (error) {
      await store.abandon()
      throw error
    }
    return store
  })
}

/**
 * Opens a store to look at it, also while its owner runs. Throws WatchkeeperError STORE_UNUSABLE
 * where there is none. Writes of what it gives are fenced.
 */
export async function openLmdbReader({
  folder,
}: LmdbStoreOptions): Promise<Pick<LmdbStore, Reads>> {
  return usable(folder, async () => {
    if (!existsSync(join(folder, 'data.mdb'))) throw new Error('there is no store')
    return new LmdbStore(await openRoot(folder, true), thisProcess(randomUUID()))
  })
}

/** What a reader can do. */
type Reads = 'rows' | 'journal' | 'abandon'

async function usable<Result>(folder: string, attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof WatchkeeperError) throw error
    throw unusable(folder, error)
  }
}

async function openRoot(folder: string, readOnly: boolean): Promise<RootDatabase<unknown, string>> {
  const { open } = await import('lmdb')
  assertWhole(join(folder, 'data.mdb'))
  return open<unknown, string>({
    ...{ path: folder, noSubdir: false, maxDbs: 4, readOnly },
    // With batching by turns a commit that fails also rejects a promise that nobody can wait for.
    eventTurnBatching: false,
  })
}

function unusable(folder: string, cause: unknown): WatchkeeperError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new WatchkeeperError('STORE_UNUSABLE', `the store in ${folder} cannot be used: ${text}`, {
    cause,
  })
}

/** lmdb ends the process on a file that is not whole: look before it does. */
function assertWhole(file: string): void {
  if (!existsSync(file)) return
  const fault = faultOfFile(file)
  if (fault === undefined) return
  const found = fault.kind === 'foreign' ? 'a foreign file' : `a damaged file: ${fault.why}`
  throw new Error(`found ${found}, expected the data of a store`)
}

export class LmdbStore implements Store {
  private readonly root: RootDatabase<unknown, string>
  private readonly data: Database<unknown, RowKey>
  private readonly lines: Database<NewJournalLine, number>
  private readonly meta: Database<unknown, string>
  private readonly owner: Owner

  constructor(root: RootDatabase<unknown, string>, owner: Owner) {
    this.root = root
    this.owner = owner
    this.data = root.openDB({ name: 'rows' })
    this.lines = root.openDB({ name: 'journal' })
    this.meta = root.openDB({ name: 'meta' })
  }

  /** Takes the store for this process, unless its owner still lives. */
  async claim(): Promise<void> {
    const { meta, owner } = this
    const refusal = await this.root.transaction(() => {
      const schema = meta.get(SCHEMA)
      if (typeof schema === 'number' && schema > SCHEMA_VERSION) {
        const text = `the store has schema ${schema}, expected at most ${SCHEMA_VERSION}: it was written by a later release`
        return new WatchkeeperError('STORE_NEWER', text)
      }
      const present = meta.get(OWNER) as Owner | undefined
      if (present !== undefined && isAlive(present)) {
        const text = `the store is owned by process ${present.pid}, which is still running`
        return new WatchkeeperError('STORE_OWNED', text)
      }
      meta.putSync(SCHEMA, SCHEMA_VERSION)
      meta.putSync(OWNER, owner)
      return undefined
    })
    if (refusal !== undefined) throw refusal
    await this.root.flushed
  }

  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>> {
    const rows = new Map<string, Value>()
    for (const { key, value } of this.data.getRange({ start: [table, ''] })) {
      if (key[0] !== table) break
      rows.set(key[1], value as Value)
    }
    return Promise.resolve(rows)
  }

  async write(batch: Batch): Promise<readonly JournalLine[]> {
    const numbered = await this.commit(batch)
    if (numbered === undefined) {
      throw new WatchkeeperError('FENCED', 'another process has taken the store over')
    }
    return numbered
  }

  journal({ after, limit, positionId }: JournalQuery): Promise<readonly JournalLine[]> {
    const found: JournalLine[] = []
    for (const { key, value } of this.lines.getRange({ start: after + 1 })) {
      if (found.length >= limit) break
      if (positionId !== undefined && value['positionId'] !== positionId) continue
      found.push({ ...value, seq: key } as JournalLine)
    }
    return Promise.resolve(found)
  }

  async prune(keep: number): Promise<number> {
    return this.root.transaction(() => {
      const excess = this.lines.getCount() - keep
      const oldest = excess > 0 ? [...this.lines.getKeys({ limit: excess })] : []
      for (const seq of oldest) this.lines.removeSync(seq)
      return oldest.length
    })
  }

  async close(): Promise<void> {
    await this.root.transaction(() => {
      const owner = this.meta.get(OWNER) as Owner | undefined
      if (owner?.token === this.owner.token) this.meta.removeSync(OWNER)
    })
    await this.root.flushed
    await this.root.close()
  }

  /** One transaction, on disk when the promise resolves; undefined when this process is no owner. */
  private async commit({ rows = [], lines = [] }: Batch): Promise<JournalLine[] | undefined> {
    try {
      const numbered = await this.root.transaction(() => {
        const owner = this.meta.get(OWNER) as Owner | undefined
        if (owner?.token !== this.owner.token) return undefined
        for (const row of rows) this.put(row)
        return this.append(lines)
      })
      await this.root.flushed
      return numbered
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new WatchkeeperError('STORE_FAILED', `the store could not be written: ${text}`, {
        cause,
      })
    }
  }

  /** Closes without a word about the ownership. */
  async abandon(): Promise<void> {
    await this.root.close()
  }

  private put({ table, key, value }: Row): void {
    if (value === undefined) this.data.removeSync([table, key])
    else this.data.putSync([table, key], value)
  }

  private append(lines: readonly NewJournalLine[]): JournalLine[] {
    const [last = 0] = this.lines.getKeys({ reverse: true, limit: 1 })
    return lines.map((line, index) => {
      const seq = last + index + 1
      this.lines.putSync(seq, line)
      return { ...line, seq } as JournalLine
    })
  }
}
