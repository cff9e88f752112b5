import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WatchkeeperError } from '../../errors.ts'
import { RedisConnection } from '../../redis/connection.ts'
import { openLmdbStore } from '../lmdb.ts'
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
  /** Where the writes of an outage go, and what is remembered of the store. */
  readonly dataFolder: string
  readonly clock: LeaseClock
  /** Takes away what is there. */
  readonly isFresh?: boolean
  /** Takes an empty store although this machine has seen it with something in it. */
  readonly acceptsEmpty?: boolean
  /**
   * Waits as long as another process owns the store, instead of giving up; what ends the wait is
   * thrown.
   */
  readonly standby?: AbortSignal | undefined
  /** Ends a wait, also of a start that is no standby; it is thrown. */
  readonly signal?: AbortSignal | undefined
  /** Told why it waits, each time that it has looked. */
  readonly onWait?: ((why: WatchkeeperError) => void) | undefined
}

/** Time between two looks at a store that another process owns, as a share of the lease. */
const LOOKS_IN_LEASE = 10
const LONGEST_LOOK_MS = 1_000

/** Opens what the commands of a store go through; nothing is claimed. */
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
 * Opens the store in a Redis server and owns it from then on. Throws WatchkeeperError: STORE_OWNED,
 * STORE_UNUSABLE, STORE_NEWER, STORE_LOST where the server does not have any more what this machine
 * has seen there, STORE_FOREIGN, and what opening the journal of an outage throws.
 */
export async function openRedisStore(options: OpenRedisOptions): Promise<RedisStore> {
  const { config, clock } = options
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
      writeMarker(options.dataFolder, {
        place,
        prefix: config.redis.prefix,
        instance,
        epoch,
        reached,
      })
    }
    if (options.isFresh === true) await wipe(database, store.lease.leaseMs)
    await claim(store, { ...options, database, outage })
    store.risks = await risksOf(database, config.redis.waitReplicas)
    if (store.doubt === undefined) mark()
    store.goOn()
    return store
  } catch (error) {
    connection.close()
    await outage?.close()
    throw error
  }
}

/** Resolves when the server answers. Throws STORE_UNUSABLE. */
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

/** Claims the store, once nobody else owns it. */
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
      const pauseMs = Math.min(config.leaseMs / LOOKS_IN_LEASE, LONGEST_LOOK_MS)
      await sleep(pauseMs, undefined, signal && { signal })
    }
  }
}

/** What this machine has seen there before; nothing where something else is meant now. */
function expectedOf({ acceptsEmpty, isFresh, dataFolder, database, config, outage }: Claim) {
  const marker: Marker | undefined = readMarker(dataFolder)
  if (acceptsEmpty === true || isFresh === true || marker === undefined) return undefined
  if (marker.place !== database.name || marker.prefix !== config.redis.prefix) return undefined
  // Everything that there was is kept here: the server need not have any of it.
  return outage?.about?.isWhole === true ? undefined : marker
}

/** The store as it is now, for as long as it is one: what replaces it later must be the same. */
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
 * A process that was killed elsewhere, or in another container, keeps the store until its lease ends.
 * Throws the refusal as soon as the owner has given a sign of life.
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
