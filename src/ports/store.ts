import type { WatchkeeperError } from '../errors.ts'
import type { JournalLine, JournalQuery } from './journal-lines.ts'

/** The tables of a store. */
export type Table =
  | 'positions'
  | 'closed'
  | 'ratchets'
  | 'exits'
  | 'settings'
  | 'history'
  | 'released'
  | 'extremes'
  | 'nets'
  | 'outage'

/** One row to write; without a value it is deleted. */
export interface Row {
  readonly table: Table
  readonly key: string
  /** JSON. */
  readonly value?: unknown
  /**
   * The generation of the key that the row belongs to. An earlier generation changes nothing of a
   * later one: the store skips the row, in the same transaction, where `positions` or `closed` has
   * a later generation of the key, or `closed` has this generation and the row is not one of
   * `closed`. A deletion leaves a row of a later generation in place. A stored row has its
   * generation in the field `generation`, a row of `closed` in its second element.
   */
  readonly generation?: number
}

/** A journal line before it has its number. */
export type NewJournalLine = Omit<JournalLine, 'seq'>

/** The writes of one event turn: all of them are durable, or none. */
export interface Batch {
  readonly rows?: readonly Row[]
  readonly lines?: readonly NewJournalLine[]
}

/**
 * Journal lines that may be deleted: those beyond the last `keep`, and those older than
 * `olderThan`.
 */
export interface Prune {
  readonly keep: number
  /** Epoch ms. */
  readonly olderThan: number
}

/**
 * Where state outlives the process. Durable means on disk when the promise resolves; the writes of
 * one event turn are one commit. One process owns a store.
 *
 * @throws WatchkeeperError from writes: FENCED without the ownership, STORE_FULL when there is no
 * room, STORE_FAILED for anything else. Nothing of the batch is stored then.
 */
export interface Store {
  /**
   * Claims the store for the owner with this `token`, or renews its claim. Ownership is checked
   * with each write, in the same transaction.
   *
   * @throws WatchkeeperError STORE_OWNED while another owner is alive: while its process runs,
   * where that is visible, or else until `leaseMs` have passed since its last claim.
   */
  claim(token: string, leaseMs: number): Promise<void>
  /** All committed rows of a table. */
  rows<Value>(table: Table): Promise<ReadonlyMap<string, Value>>
  /** Returns the journal lines with their numbers, once they are durable. */
  write(batch: Batch): Promise<readonly JournalLine[]>
  /**
   * Lines numbered above `after`, oldest first; its duration depends on the result, not on the size
   * of the journal.
   */
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  /**
   * Deletes the oldest journal lines, a few hundred a commit, and returns how many. Numbers
   * continue after the highest that was ever assigned.
   */
  prune(which: Prune): Promise<number>
  /** Finishes pending writes, releases the ownership, and closes. */
  close(): Promise<void>
}

/** A folder that was deleted or replaced while it is in use. */
export interface LostFolder {
  readonly place: string
  readonly lost: 'deleted' | 'replaced'
}

/** State of a store, for health and metrics. */
export interface StoreStatus {
  /** Its location, for messages. */
  readonly place: string
  /** Whether this process owns it, and may act on what it has read there, at this moment. */
  readonly isOurs: boolean
  /** While the server is unreachable: since when (ms), why, and how much is stored here for it. */
  readonly outage?: { readonly forMs: number; readonly why: string; readonly rows: number }
  /** Time until nothing may be sent unless the lease is renewed, ms; absent without a lease. */
  readonly leaseLeftMs?: number
  /** Folders in use that were deleted or replaced: what is written there is lost. */
  readonly lost?: readonly LostFolder[]
  /** How the server could lose acknowledged writes; empty where it could not. */
  readonly risks: readonly string[]
  /** How often, in this process, the server was unreachable, and how often it had lost data. */
  readonly outages: number
  readonly losses: number
}

export type StoreChange = 'store-away' | 'store-back' | 'store-lost' | 'store-rewritten'

/** Callbacks of a store to its owner. */
export interface StoreEvents {
  /** Another process owns the store now; `error` is what a write would throw. */
  fenced?(error: WatchkeeperError): void
  /** The server became unreachable, came back, or has lost data. */
  changed?(kind: StoreChange, detail: Readonly<Record<string, unknown>>): void
  /** Returns the complete state, for a server that has lost it. */
  whole?(): Batch
}

/** All rows of a store at one moment, by table, and the number of its last journal line then. */
export interface Snapshot {
  readonly tables: ReadonlyMap<Table, ReadonlyMap<string, unknown>>
  readonly lastSeq: number
}

/** A store that this process owns for as long as it runs. */
export interface OwnedStore extends Store {
  /** Set by the owner of the store. */
  events: StoreEvents
  /** Why its state may be older than the account; undefined where nothing suggests so. */
  readonly staleReason: string | undefined
  /** The rows at this moment, without those that only an outage needs. */
  snapshot(): Promise<Snapshot>
  /** Call when `staleReason` is stored elsewhere: a later process need not find it again. */
  settle(): Promise<void>
  status(): StoreStatus
}
