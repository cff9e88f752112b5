import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openKeptData } from '../../src/app/offline.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'

needing('redis-server').describe('reading a data folder', () => {
  it('reports a missing store, instead of an empty list of positions', async () => {
    const server = await RedisServer.start()
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-kept-'))
    try {
      for (const place of [`${server.url}/0#nobody`, folder]) {
        const failed = await openKeptData(place).catch((error: unknown) => error)
        expect((failed as WatchkeeperError).code, place).to.equal('STORE_UNUSABLE')
      }
    } finally {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
