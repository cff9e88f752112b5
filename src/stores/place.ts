import { randomUUID } from 'node:crypto'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import type { Row } from '../ports/store.ts'
import type { RedisLogin } from '../redis/options.ts'
import { UNNAMED_ACCOUNT } from './account-lines.ts'
import type { CopySource, CopyTarget } from './copy.ts'
import { attachLmdbStore, openLmdbReader, openLmdbStore } from './lmdb.ts'
import type { LmdbStore } from './lmdb/store.ts'
import { readMarker, type Marker } from './marker.ts'
import { storeSchema, type RedisStoreConfig, type StoreConfig } from './options.ts'
import type { RedisDatabase } from './redis/database.ts'
import { encodeBatch } from './redis/keys.ts'
import { openRedisDatabase, reachable } from './redis/open.ts'

/** The location of a store, as a person writes it. */
export type StorePlace =
  | { readonly kind: 'lmdb'; readonly dataFolder: string }
  | { readonly kind: 'redis'; readonly config: RedisStoreConfig }

/** A store that was opened for reading or copying; close it. */
export interface Opened<Part> {
  readonly part: Part
  close(): Promise<void>
}

/** A store that is copied from; rows of it can be deleted afterwards. */
export interface OwnedSource extends CopySource {
  /** Deletes rows; durable when the promise resolves. */
  remove(rows: readonly Row[]): Promise<void>
}

/** Long enough for the largest step of a copy. */
const COPY_LEASE_MS = 60_000
const COMMAND_MS = 10_000
const clock = { monotonic: () => performance.now() }

/**
 * Parses `lmdb:<data folder>`, `redis://host:port/db#prefix`, or a data folder. A data folder whose
 * marker names a store elsewhere means that store, with its login where `login` has none.
 *
 * @throws InputError for anything else.
 */
export function storePlace(text: string, login: RedisLogin = {}): StorePlace {
  if (text.startsWith('lmdb:')) return { kind: 'lmdb', dataFolder: text.slice('lmdb:'.length) }
  const url = /^(?:redis:)?(rediss?:\/\/.*)$/s.exec(text)?.[1]
  if (url !== undefined) return redisPlace(url, login)
  const marker = readMarker(text)
  if (marker === undefined) return { kind: 'lmdb', dataFolder: text }
  return redisPlace(`${marker.place}#${marker.prefix}`, { ...loginOf(marker, login), ...login })
}

/** The login that a marker remembers, without its file where another password is given. */
function loginOf({ username, passwordFile }: Marker, { password }: RedisLogin): RedisLogin {
  return {
    ...(username !== undefined && { username }),
    ...(passwordFile !== undefined && password === undefined && { passwordFile }),
  }
}

/** The place where the service of a configuration keeps its state. */
export function configuredPlace(
  store: Exclude<StoreConfig, { kind: 'plugin' }>,
  dataFolder: string,
): StorePlace {
  if (store.kind === 'lmdb') return { kind: 'lmdb', dataFolder }
  const commandTimeoutMs = Math.max(store.redis.commandTimeoutMs, COMMAND_MS)
  return { kind: 'redis', config: { ...store, redis: { ...store.redis, commandTimeoutMs } } }
}

/** Whether a data folder has a store, or names the server that has it. */
export const hasStore = (dataFolder: string): boolean =>
  readMarker(dataFolder) !== undefined || !isMissing({ kind: 'lmdb', dataFolder })

/** Whether there is no store; of a server that is known once it is read. */
export const isMissing = (place: StorePlace): boolean =>
  place.kind === 'lmdb' &&
  statSync(join(place.dataFolder, 'store', 'data.mdb'), { throwIfNoEntry: false }) === undefined

function redisPlace(text: string, login: RedisLogin): StorePlace {
  const [url, prefix] = text.split('#', 2)
  const result = storeSchema.safeParse({
    kind: 'redis',
    exclusive: 'lease',
    leaseMs: COPY_LEASE_MS,
    redis: {
      url,
      commandTimeoutMs: COMMAND_MS,
      ...login,
      ...(prefix !== undefined && { prefix }),
    },
  })
  if (result.success) return { kind: 'redis', config: result.data as RedisStoreConfig }
  // The refused text may contain a secret: do not repeat it.
  const faults = result.error.issues.map(({ path, message: expected }) => {
    return { path: path.join('.'), found: 'another one', expected }
  })
  throw new InputError('the place of a store', faults)
}

/** The paper account beside a store, if there is one; a copy of the store does not include it. */
export function paperOf(place: string, account = UNNAMED_ACCOUNT): string | undefined {
  if (/^(redis:)?rediss?:\/\//.test(place)) return undefined
  const data = place.replace(/^lmdb:/, '')
  const own = account === UNNAMED_ACCOUNT ? data : join(data, 'accounts', account)
  const folder = join(own, 'paper')
  return existsSync(folder) ? folder : undefined
}

/**
 * Opens a store read-only, also while its owner runs.
 *
 * @throws WatchkeeperError STORE_UNUSABLE.
 */
export async function openToRead(place: StorePlace): Promise<Opened<CopySource>> {
  if (place.kind === 'lmdb') {
    const part = await openLmdbReader({ folder: join(place.dataFolder, 'store') })
    return { part, close: () => part.abandon() }
  }
  const { part, close } = await openServer(place.config)
  return { part: serverSource(part), close }
}

/**
 * Opens a store and owns it, so that no other process writes it meanwhile.
 *
 * @throws WatchkeeperError STORE_OWNED, STORE_NEWER.
 */
export async function openToCopyFrom(place: StorePlace): Promise<Opened<OwnedSource>> {
  if (place.kind === 'lmdb') {
    const folder = join(place.dataFolder, 'store')
    // Do not create a store that does not exist.
    await (await openLmdbReader({ folder })).abandon()
    const store = await openLmdbStore({ folder })
    const part: OwnedSource = {
      rows: table => store.rows(table),
      journal: query => store.journal(query),
      lastSeq: () => store.lastSeq(),
      remove: async rows => void (await store.write({ rows })),
    }
    return { part, close: () => store.close() }
  }
  const { part, close } = await claimed(await openServer(place.config))
  const remove = async (rows: readonly Row[]): Promise<void> =>
    void (await part.commit([encodeBatch({ rows })]))
  return { part: { ...serverSource(part), remove }, close }
}

/** Opens a store, creates it where it is missing, and owns it. */
export async function openToCopyTo(place: StorePlace): Promise<Opened<CopyTarget>> {
  if (place.kind === 'lmdb') return folderTarget(place.dataFolder)
  const { part, close } = await claimed(await openServer(place.config))
  return { part: serverTarget(part), close }
}

async function openServer(config: RedisStoreConfig): Promise<Opened<RedisDatabase>> {
  const { database, connection } = await openRedisDatabase(config, clock)
  try {
    await reachable(connection, config.redis)
  } catch (error) {
    connection.close()
    throw error
  }
  return { part: database, close: () => Promise.resolve(connection.close()) }
}

async function claimed({ part, close }: Opened<RedisDatabase>): Promise<Opened<RedisDatabase>> {
  try {
    await part.claim({ token: randomUUID(), leaseMs: COPY_LEASE_MS })
  } catch (error) {
    await close()
    throw error
  }
  return {
    part,
    async close() {
      await part.release()
      await close()
    },
  }
}

const serverSource = (database: RedisDatabase): CopySource => ({
  rows: table => database.rows(table),
  journal: query => database.journal(query),
  lastSeq: () => database.lastNumber(),
})

/** Writes each run of consecutive lines by itself. */
function serverTarget(database: RedisDatabase): CopyTarget {
  return {
    ...serverSource(database),
    begin: () => database.empty(COPY_LEASE_MS),
    async put(rows, lines) {
      if (rows.length > 0) await database.commit([encodeBatch({ rows })])
      let from = 0
      for (const [index, { seq }] of lines.entries()) {
        const next = lines[index + 1]?.seq
        if (next === seq + 1) continue
        const run = lines.slice(from, index + 1)
        const given = run.map(({ seq: _its, ...line }) => line)
        await database.commit([encodeBatch({ lines: given })], run[0]!.seq)
        from = index + 1
      }
    },
    finish: lastSeq => database.complete(lastSeq),
  }
}

/** A new store beside the old one; it replaces the old one once it is complete. */
async function folderTarget(dataFolder: string): Promise<Opened<CopyTarget>> {
  const folder = join(dataFolder, 'store')
  const old = await openLmdbStore({ folder })
  const copyFolder = join(dataFolder, 'store.copy')
  let made: LmdbStore | undefined
  let isWhole = false
  const present = (): LmdbStore => made ?? old
  const part: CopyTarget = {
    rows: table => present().rows(table),
    journal: query => present().journal(query),
    lastSeq: () => present().lastSeq(),
    async begin() {
      rmSync(copyFolder, { recursive: true, force: true })
      made = await attachLmdbStore({ folder: copyFolder })
      await made.claim(randomUUID())
    },
    put: (rows, lines) => made!.restore(rows, lines),
    async finish(lastSeq) {
      await made!.restore([], [], lastSeq)
      isWhole = true
    },
  }
  return {
    part,
    async close() {
      await made?.close()
      await old.close()
      if (!isWhole) return rmSync(copyFolder, { recursive: true, force: true })
      rmSync(folder, { recursive: true, force: true })
      renameSync(copyFolder, folder)
    },
  }
}
