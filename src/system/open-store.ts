import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { assertPaperFolder } from '../brokers/paper-folder.ts'
import type { OwnedStore } from '../ports/store.ts'
import { forgetMarker } from '../stores/marker.ts'
import type { ServiceOptions } from './service.ts'

export interface OpenStoreOptions extends Pick<
  ServiceOptions,
  'config' | 'clock' | 'fresh' | 'acceptsEmptyStore' | 'onWait'
> {
  /** Waits as long as another process owns the store; what ends the wait is thrown. */
  readonly standby?: AbortSignal
}

/** Opens and claims the store of the config. */
export async function openStore(options: OpenStoreOptions): Promise<OwnedStore> {
  const { config, fresh, clock, acceptsEmptyStore: acceptsEmpty = false } = options
  if (config.broker.kind === 'paper') assertPaperFolder(join(config.dataFolder, 'paper'))
  if (config.store.kind === 'lmdb') {
    const store = await openFolder(join(config.dataFolder, 'store'), fresh)
    forgetMarker(config.dataFolder)
    return store
  }
  const { openRedisStore } = await import('../stores/redis/open.ts')
  return openRedisStore({
    ...{ config: config.store, dataFolder: config.dataFolder, clock, isFresh: fresh, acceptsEmpty },
    ...{ standby: options.standby, onWait: options.onWait },
  })
}

async function openFolder(folder: string, fresh: boolean): Promise<OwnedStore> {
  const { openLmdbStore } = await import('../stores/lmdb.ts')
  if (fresh) {
    await (await openLmdbStore({ folder })).close()
    rmSync(folder, { recursive: true, force: true })
  }
  return openLmdbStore({ folder })
}
