import type { WatchkeeperError } from '../errors.ts'
import type { JournalLine, JournalQuery } from './journal-lines.ts'

/** The kinds of rows that are kept. */
export type Table =
  'positions' | 'closed' | 'ratchets' | 'exits' | 'settings' | 'history' | 'released' | 'outage'

/** One row to be written; without a value it is taken away. */
export interface Row {
  readonly table: Table
  readonly key: string
  /** JSON. */
  readonly value?: unknown
  /**
   * The generation of the key that the row belongs to. An earlier generation changes nothing of a later one: the
   * row is passed over, in the same transaction, where `positions` or `closed` has a later generation of the
   * key, or `closed` has this generation and the row is not one of `closed`. A row that is taken away stays
   * where it is of a later generation. A kept row says its generation in the field `generation`, one of `closed`
   * in its second element.
   */
  readonly generation?: number
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

/** A folder that was deleted or replaced while it is in use. */
export interface LostFolder {
  readonly place: string
  readonly lost: 'deleted' | 'replaced'
}

/** How a store fares, for health and metrics. */
export interface StoreStatus {
  /** Where it is, for a person. */
  readonly place: string
  /** Whether this process owns it, and may act on what it has read there, at this moment. */
  readonly isOurs: boolean
  /** While the server is away: since when (ms), why, and how much is kept here for it. */
  readonly outage?: { readonly forMs: number; readonly why: string; readonly rows: number }
  /** Time until nothing may be sent any more unless the lease is renewed, ms; absent without one. */
  readonly leaseLeftMs?: number
  /** Folders in use that were deleted or replaced: nothing that is written there is kept. */
  readonly lost?: readonly LostFolder[]
  /** How the server could lose what it acknowledged; empty where it could not. */
  readonly risks: readonly string[]
  /** Times that the server was away, and that it had lost what was written, in this process. */
  readonly outages: number
  readonly losses: number
}

export type StoreChange = 'store-away' | 'store-back' | 'store-lost' | 'store-rewritten'

/** What a store reports to its owner, and asks of it. */
export interface StoreEvents {
  /** Another process has the store; `error` is what a write would get. */
  fenced?(error: WatchkeeperError): void
  /** The server went away, came back, or has lost what was written. */
  changed?(kind: StoreChange, detail: Readonly<Record<string, unknown>>): void
  /** Everything that must be there, for a server that has lost it. */
  whole?(): Batch
}

/** All rows that a store had at one moment, by table, and the number of its last journal line then. */
export interface Snapshot {
  readonly tables: ReadonlyMap<Table, ReadonlyMap<string, unknown>>
  readonly lastSeq: number
}

/** A store that this process owns for as long as it runs. */
export interface OwnedStore extends Store {
  /** Set by the owner. */
  events: StoreEvents
  /** Why its state may be older than the account; undefined where nothing suggests so. */
  readonly staleReason: string | undefined
  /** The rows at this moment, without those that only an outage needs. */
  snapshot(): Promise<Snapshot>
  /** Call when `staleReason` is stored elsewhere: a later process need not find it again. */
  settle(): Promise<void>
  status(): StoreStatus
}
