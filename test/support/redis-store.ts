import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { storeSchema, type RedisStoreConfig } from '../../src/stores/options.ts'
import type { RedisStore } from '../../src/stores/redis.ts'
import { openRedisStore, type OpenRedisOptions } from '../../src/stores/redis/open.ts'
import type { RedisServer } from './redis-server.ts'

export const clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** The settings of a store at a server, with short waits. */
export const storeConfig = (
  server: RedisServer,
  { redis, ...but }: StoreSettings = {},
): RedisStoreConfig =>
  storeSchema.parse({
    kind: 'redis',
    leaseMs: 1_500,
    ...but,
    redis: {
      url: server.url,
      commandTimeoutMs: 400,
      reconnectMaxMs: 50,
      pingMs: 100,
      ...redis,
    },
  }) as RedisStoreConfig

type StoreSettings = Partial<Omit<RedisStoreConfig, 'redis'>> & {
  readonly redis?: Partial<RedisStoreConfig['redis']>
}

/** A machine of its own: a data folder, and the stores that are opened from it. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'watchkeeper-machine-'))
  /** Events of its stores, and how often they occurred. */
  readonly events: string[] = []
  private readonly stores: RedisStore[] = []

  async open(
    server: RedisServer,
    but: StoreSettings = {},
    options: Partial<OpenRedisOptions> = {},
  ): Promise<RedisStore> {
    const config = storeConfig(server, but)
    const store = await openRedisStore({ config, clock, dataFolder: this.folder, ...options })
    store.events = {
      changed: kind => void this.events.push(kind),
      fenced: ({ code }) => void this.events.push(code),
    }
    this.stores.push(store)
    return store
  }

  async close(): Promise<void> {
    for (const store of this.stores) await store.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Makes the owner of a store appear to be a process that has ended. */
export async function bury(server: RedisServer, prefix = 'watchkeeper'): Promise<void> {
  const key = `${prefix}:meta`
  const owner = JSON.parse((await server.ask(['hget', key, 'owner'])) as string) as object
  await server.ask(['hset', key, 'owner', JSON.stringify({ ...owner, pid: 2 ** 30 })])
}
