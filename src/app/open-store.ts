import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { assertPaperFolder } from '../brokers/paper-folder.ts'
import { accountsOf } from '../config/accounts.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { LmdbStore } from '../stores/lmdb/store.ts'
import { forgetMarker, readMarker } from '../stores/marker.ts'
import type { ServiceOptions } from './options.ts'
import { openPluginStore } from './plugins.ts'

export interface OpenStoreOptions extends Pick<
  ServiceOptions,
  'config' | 'clock' | 'fresh' | 'acceptsEmptyStore' | 'onWait' | 'signal'
> {
  /** Waits as long as another process owns the store; the abort reason is thrown. */
  readonly standby?: AbortSignal
}

/** Opens and claims the store of the config. */
export async function openStore(options: OpenStoreOptions): Promise<OwnedStore> {
  const { config, fresh, clock, acceptsEmptyStore: acceptsEmpty = false } = options
  for (const { config: own } of accountsOf(config).all) {
    if (own.broker.kind === 'paper') assertPaperFolder(join(own.dataFolder, 'paper'))
  }
  if (config.store.kind === 'lmdb') {
    const store = await openFolder(join(config.dataFolder, 'store'), fresh)
    if (!fresh) await compareMarker(store, config.dataFolder)
    return store
  }
  if (config.store.kind === 'plugin') return openPluginStore(config.store, config.dataFolder)
  const { openRedisStore } = await import('../stores/redis/open.ts')
  return openRedisStore({
    config: config.store,
    dataFolder: config.dataFolder,
    clock,
    isFresh: fresh,
    acceptsEmpty,
    standby: options.standby,
    onWait: options.onWait,
    signal: options.signal,
  })
}

/** Settles a store that was read, once any doubt about its age is durable. */
export async function settleStore(
  store: OwnedStore,
  { store: { kind }, dataFolder }: Pick<ServiceOptions['config'], 'store' | 'dataFolder'>,
): Promise<void> {
  await store.settle()
  if (kind === 'lmdb') forgetMarker(dataFolder)
}

/**
 * Marks the store of the folder as stale where the service has since kept its state in a server.
 */
async function compareMarker(store: LmdbStore, dataFolder: string): Promise<void> {
  const marker = readMarker(dataFolder)
  const seq = await store.lastSeq()
  if (seq > 0 && seq < (marker?.reached?.seq ?? 0)) {
    store.staleReason = `the state was kept at ${marker!.place} since`
  }
}

async function openFolder(folder: string, fresh: boolean): Promise<LmdbStore> {
  const { openLmdbStore } = await import('../stores/lmdb.ts')
  if (fresh) {
    await (await openLmdbStore({ folder })).close()
    rmSync(folder, { recursive: true, force: true })
  }
  return openLmdbStore({ folder })
}
