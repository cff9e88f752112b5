import type { ServiceConfig } from '../config/schema.ts'
import { accountParts } from '../domain/account-name.ts'
import type { StoredExtremes } from '../domain/stored-extremes.ts'
import { WatchkeeperError } from '../errors.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { KeptRatchet, Registered } from '../ports/state-repository.ts'
import type { OwnedStore, Store, Table } from '../ports/store.ts'
import type { TradesPage, TradesQuery } from '../ports/trades.ts'
import type { RedisLogin } from '../redis/options.ts'
import { accountsIn } from '../stores/account-copy.ts'
import { UNNAMED_ACCOUNT } from '../stores/account-lines.ts'
import { AccountRows } from '../stores/account-rows.ts'
import type { CopySource } from '../stores/copy.ts'
import { configuredPlace, isMissing, openToRead, storePlace, type Opened } from '../stores/place.ts'
import { ratchetsOf, registerOf, storeIdOf } from '../stores/state-repository.ts'
import { tradesOf } from '../views/trades.ts'
import { openPluginStore } from './plugins.ts'

export type { RedisLogin as StoreLogin } from '../redis/options.ts'
export { hasStore as hasKeptData } from '../stores/place.ts'

/** A position as it is on disk. */
export interface KeptPosition extends Registered {
  /** Best price so far; null where the position is over: the trade that the journal has of it knows it. */
  readonly best: number | null
  /** How far its exit has come; null where there is none. */
  readonly exit: string | null
  /** Name of the account, where the store has several. */
  readonly account?: string
}

/** The stored state of a service, read only, whether the service runs or not. */
export interface KeptData {
  positions(): Promise<readonly KeptPosition[]>
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  trades(query: TradesQuery): Promise<TradesPage>
  /** What the store's order ids are made of; empty where it has drawn none yet. */
  storeId(): Promise<string>
  close(): Promise<void>
}

/**
 * Opens the stored state of a service to read it: a data folder, or the address of a Redis server.
 *
 * @throws WatchkeeperError STORE_UNUSABLE where there is none; InputError for an invalid address.
 */
export async function openKeptData(
  place: string,
  login?: RedisLogin,
  account?: string,
): Promise<KeptData> {
  const kept = await keptOrClosed(await openToRead(storePlace(place, login)), place, account)
  if (kept !== undefined) return kept
  const text = `the store at ${place} cannot be used: there is none, or nothing in it yet`
  throw new WatchkeeperError('STORE_UNUSABLE', text)
}

/**
 * Opens the stored state of the service of a configuration to read it; undefined where nothing is stored yet. A
 * store of a plugin is owned until `close`.
 *
 * @throws WatchkeeperError of the store, such as STORE_UNUSABLE, where it cannot be read.
 */
export async function openConfigured({
  store,
  dataFolder,
}: Pick<ServiceConfig, 'store' | 'dataFolder'>): Promise<KeptData | undefined> {
  if (store.kind === 'plugin') {
    const owned = await openPluginStore(store, dataFolder)
    return keptOrClosed({ part: sourceOf(owned), close: () => owned.close() }, store.name)
  }
  const place = configuredPlace(store, dataFolder)
  return isMissing(place) ? undefined : keptOrClosed(await openToRead(place), dataFolder)
}

/** A store of a plugin as others are read. */
const sourceOf = (store: OwnedStore): CopySource => ({
  rows: table => store.rows(table),
  journal: query => store.journal(query),
  snapshot: () => store.snapshot(),
  lastSeq: async () => (await store.snapshot()).lastSeq,
})

/** The state in an opened store, which is closed where there is none (undefined) or it cannot be read. */
async function keptOrClosed(
  opened: Opened<CopySource>,
  place: string,
  account?: string,
): Promise<KeptData | undefined> {
  try {
    const kept = await keptIn(opened, place, account)
    if (kept === undefined) await opened.close()
    return kept
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function keptIn(
  { part, close }: Opened<CopySource>,
  place: string,
  account: string | undefined,
): Promise<KeptData | undefined> {
  const store = readOnly(part)
  // Nothing at an address must not read as "no positions": a store that was used has lines.
  if ((await part.lastSeq()) === 0 && (await registerOf(store)).size === 0) return undefined
  const names = [...(await accountsIn(store))].filter(name => name !== UNNAMED_ACCOUNT)
  const areNamed = names.length > 0
  const assertKnown = (name: string): void => {
    const known = [UNNAMED_ACCOUNT, ...names]
    if (known.includes(name)) return
    const text = `the store at ${place} has nothing of the account ${name}, only of ${known.join(', ')}`
    throw new WatchkeeperError('ACCOUNT_UNKNOWN', text)
  }
  if (account !== undefined) assertKnown(account)
  const rowsIn = (source: typeof store): AccountRows => {
    const rows = new AccountRows(source, { areNamed, names })
    // Afresh each time: a service may write meanwhile.
    rows.opened()
    return rows
  }
  const only = account === undefined && !areNamed ? UNNAMED_ACCOUNT : account
  const chosen = only === undefined ? store : rowsIn(store).of(only)
  const lines = only === undefined ? rowsIn(store) : chosen
  return {
    positions: async () => {
      const rows = rowsIn(readOnly(await asOfNow(part)))
      return only === undefined ? positionsOfAll(rows, names) : keptPositions(rows.of(only))
    },
    journal: query => lines.journal(query),
    trades: async query => {
      // Without names the filter is the venue's name of a part.
      if (areNamed && query.account !== undefined) assertKnown(accountParts(query.account).name)
      return tradesOf(each => lines.journal(each), query)
    },
    storeId: async () => (await storeIdOf(chosen)) ?? '',
    close,
  }
}

/** The store with all its tables as of one moment, where it has that: a service may write meanwhile. */
async function asOfNow(part: CopySource): Promise<CopySource> {
  if (part.snapshot === undefined) return part
  const { tables } = await part.snapshot()
  const rows = async <Value>(table: Table): Promise<ReadonlyMap<string, Value>> =>
    Promise.resolve((tables.get(table) ?? new Map()) as ReadonlyMap<string, Value>)
  return { rows, journal: query => part.journal(query), lastSeq: () => part.lastSeq() }
}

/** A store whose rows are read by account, and never written. */
const readOnly = (part: CopySource): Pick<Store, 'rows' | 'journal' | 'write'> => ({
  rows: table => part.rows(table),
  journal: query => part.journal(query),
  write: () => Promise.reject(new WatchkeeperError('STORE_FAILED', 'the store is only read')),
})

/** The positions of every account, each with its name. */
async function positionsOfAll(
  rows: AccountRows,
  names: readonly string[],
): Promise<readonly KeptPosition[]> {
  const all: KeptPosition[] = []
  for (const account of [UNNAMED_ACCOUNT, ...names]) {
    for (const each of await keptPositions(rows.of(account))) all.push({ account, ...each })
  }
  return all
}

/** Reads of rows that a service writes meanwhile. */
const MOST_READS = 10

/** The positions that a store keeps, while a service may write it. */
export async function keptPositions(store: Pick<Store, 'rows'>): Promise<readonly KeptPosition[]> {
  for (let reads = 1; ; reads++) {
    // No row refers to a series that is newer than the row, and a position that closes loses its row: extremes
    // are read after the rows, and those of positions last.
    const rows = await store.rows<KeptRatchet>('ratchets')
    const exits = await store.rows<ExitRecord>('exits')
    const extremes = await store.rows<StoredExtremes>('extremes')
    const register = await registerOf(store)
    // A series is deleted once the rows refer to a newer one: without it a best price would be too low.
    const isWhole = [...rows.values()].every(
      ({ series }) => series === undefined || extremes.has(String(series)),
    )
    if (!isWhole && reads < MOST_READS) continue
    const ratchets = await ratchetsOf(rows, extremes, register)
    return [...register.values()].map(registered => {
      const { id, entryPrice } = registered.position
      // A position that closes loses its row.
      const best = registered.state === 'open' ? (ratchets.get(id)?.best ?? entryPrice) : null
      return { ...registered, best, exit: exits.get(id)?.state.kind ?? null }
    })
  }
}
