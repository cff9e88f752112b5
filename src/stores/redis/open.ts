import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../../disk/folder.ts'
import { WatchkeeperError } from '../../errors.ts'
import { RedisConnection } from '../../redis/connection.ts'
import { redisUser } from '../../redis/options.ts'
import { openLmdbStore } from '../lmdb.ts'
import { usable } from '../lmdb/open.ts'
import { readMarker, writeMarker, type Marker } from '../marker.ts'
import type { RedisStoreConfig } from '../options.ts'
import { RedisStore } from '../redis.ts'
import type { Seen } from './claim.ts'
import { RedisDatabase } from './database.ts'
import { StoreOwned } from './errors.ts'
import type { LeaseClock } from './lease.ts'
import { OutageJournal } from './outage.ts'
import { risksOf } from './risks.ts'

export interface OpenRedisOptions {
  readonly config: RedisStoreConfig
  /** Where the writes of an outage and the marker of the store are stored. */
  readonly dataFolder: string
  readonly clock: LeaseClock
  /** Deletes the present content. */
  readonly isFresh?: boolean
  /** Accepts an empty store although this machine has seen it with content. */
  readonly acceptsEmpty?: boolean
  /**
   * Waits as long as another process owns the store, instead of failing; the abort reason is
   * thrown.
   */
  readonly standby?: AbortSignal | undefined
  /** Ends any wait, also that of a start without standby; the abort reason is thrown. */
  readonly signal?: AbortSignal | undefined
  /** Called with the reason of the wait after each attempt. */
  readonly onWait?: ((why: WatchkeeperError) => void) | undefined
}

/** Attempts per lease to claim a store that another process owns. */
const TRIES_IN_LEASE = 10
const LONGEST_PAUSE_MS = 1_000

/** Opens the connection and the commands of a store; claims nothing. */
export async function openRedisDatabase(
  config: RedisStoreConfig,
  clock: Pick<LeaseClock, 'monotonic'>,
): Promise<{ database: RedisDatabase; connection: RedisConnection }> {
  const { prefix, waitReplicas, commandTimeoutMs } = config.redis
  const connection = await RedisConnection.open({
    config: config.redis,
    monotonic: () => clock.monotonic(),
  })
  const database = new RedisDatabase({
    connection,
    prefix,
    waitReplicas,
    waitMs: commandTimeoutMs / 2,
    outlivesLease: config.exclusive === 'solo',
  })
  return { database, connection }
}

/**
 * Opens the store in a Redis server and owns it from then on.
 *
 * @throws WatchkeeperError STORE_OWNED, STORE_UNUSABLE, STORE_NEWER, STORE_FOREIGN; STORE_LOST
 * where the server lacks what this machine has seen there; and the errors of opening the journal of
 * an outage.
 */
export async function openRedisStore(options: OpenRedisOptions): Promise<RedisStore> {
  const { config, clock, dataFolder } = options
  // A folder that cannot have the marker must not end a start that owns the store.
  await usable(dataFolder, () => Promise.resolve(makeFolder(dataFolder)))
  const { database, connection } = await openRedisDatabase(config, clock)
  let outage: OutageJournal | undefined
  try {
    await reachable(connection, config.redis).catch((error: unknown) => {
      if (options.standby === undefined) throw error
    })
    if (config.exclusive === 'solo') outage = await openOutage(options)
    const store: RedisStore = new RedisStore({
      database,
      outage,
      clock,
      leaseMs: config.leaseMs,
      onReached: () => mark(),
      onClosed: () => connection.close(),
    })
    const mark = (): void => {
      const { instance, epoch } = database.ownership!
      const { name: place } = connection
      const { reached } = database
      writeMarker(dataFolder, {
        place,
        prefix: config.redis.prefix,
        ...loginOf(config.redis),
        instance,
        epoch,
        reached,
      })
    }
    if (options.isFresh === true) await wipe(database, store.lease.leaseMs)
    await claim(store, { ...options, database, outage })
    store.risks = await risksOf(database, config.redis.waitReplicas)
    if (store.staleReason === undefined) mark()
    store.goOn()
    return store
  } catch (error) {
    connection.close()
    await outage?.close()
    throw error
  }
}

/**
 * Resolves when the server answers.
 *
 * @throws WatchkeeperError STORE_UNUSABLE.
 */
export async function reachable(
  connection: RedisConnection,
  config: RedisStoreConfig['redis'],
): Promise<void> {
  try {
    await connection.ready(config.connectTimeoutMs + config.commandTimeoutMs)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new WatchkeeperError('STORE_UNUSABLE', `the store cannot be used: ${text}`, { cause })
  }
}

/** How a reader of the data folder logs in to the server; never the password itself. */
function loginOf(config: RedisStoreConfig['redis']): Pick<Marker, 'username' | 'passwordFile'> {
  const username = redisUser(config)
  const { passwordFile } = config
  return {
    ...(username !== undefined && { username }),
    ...(passwordFile !== undefined && { passwordFile: resolve(passwordFile) }),
  }
}

async function openOutage({ config, dataFolder, isFresh }: OpenRedisOptions) {
  const local = await openLmdbStore({ folder: join(dataFolder, 'outage') })
  const outage = await OutageJournal.in(local, config.outageLines)
  if (isFresh === true) await outage.clear()
  return outage
}

async function wipe(database: RedisDatabase, leaseMs: number): Promise<void> {
  await database.claim({ token: randomUUID(), leaseMs })
  await database.wipe()
  database.forget()
}

interface Claim extends OpenRedisOptions {
  readonly database: RedisDatabase
  readonly outage: OutageJournal | undefined
}

/** Claims the store, once no other process owns it. */
async function claim(store: RedisStore, options: Claim): Promise<void> {
  const { database, standby, clock, config, signal = standby } = options
  const token = randomUUID()
  let expected: Seen | undefined = expectedOf(options)
  let patience: Patience | undefined
  for (;;) {
    try {
      return await store.claim(token, config.leaseMs, expected)
    } catch (error) {
      const code = error instanceof WatchkeeperError ? error.code : ''
      if (standby === undefined) {
        if (code === 'STORE_LOST') throw emptied(error as WatchkeeperError)
        if (!(error instanceof StoreOwned) || error.leftMs === 0) throw error
        patience = await patient(patience, { database, clock, error })
        options.onWait?.(error)
      } else {
        if (code === 'STORE_NEWER' || code === 'STORE_FOREIGN') throw error
        options.onWait?.(error as WatchkeeperError)
        expected = (await seen(database)) ?? expected
      }
      const pauseMs = Math.min(config.leaseMs / TRIES_IN_LEASE, LONGEST_PAUSE_MS)
      await sleep(pauseMs, undefined, signal && { signal })
    }
  }
}

/**
 * The store that this machine has seen there; undefined where the configuration now names another
 * one.
 */
function expectedOf({ acceptsEmpty, isFresh, dataFolder, database, config, outage }: Claim) {
  const marker: Marker | undefined = readMarker(dataFolder)
  if (acceptsEmpty === true || isFresh === true || marker === undefined) return undefined
  if (marker.place !== database.name || marker.prefix !== config.redis.prefix) return undefined
  // All content is stored on this machine: the server need not have any of it.
  return outage?.about?.isWhole === true ? undefined : marker
}

/** The present identity of the store: a later store must have the same. */
async function seen(database: RedisDatabase): Promise<Seen | undefined> {
  try {
    const { instance, epoch, applied = '0', ...about } = await database.about()
    const reached = { writes: Number(applied), seq: Number(about['last-seq'] ?? '0') }
    return instance === undefined ? undefined : { instance, epoch: Number(epoch), reached }
  } catch {
    return undefined
  }
}

/** What is known of an owner whose lease may only have to end. */
interface Patience {
  readonly claims: string | undefined
  readonly until: number
}

/**
 * The process of another machine or container keeps the store until its lease ends, even after a
 * kill. Throws the refusal as soon as that owner has renewed its lease.
 */
async function patient(
  before: Patience | undefined,
  {
    database,
    clock,
    error,
  }: { database: RedisDatabase; clock: LeaseClock; error: WatchkeeperError },
): Promise<Patience> {
  const { claims, until = '0' } = await database.about()
  if (before === undefined) return { claims, until: clock.monotonic() + LONGEST_PATIENCE_MS }
  if (claims !== before.claims || clock.monotonic() > before.until || until === '0') throw error
  return before
}

/** Longer than any lease. */
const LONGEST_PATIENCE_MS = 700_000

function emptied(cause: WatchkeeperError): WatchkeeperError {
  const text =
    `${cause.message}; this machine has guarded positions that were kept there. Restore it ` +
    '(a backup, or watchkeeper store copy), or start with --accept-empty-store to go on without them'
  return new WatchkeeperError('STORE_LOST', text, { cause })
}
