import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keptPositions, openKeptData } from '../../src/app/offline.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import type { Registered } from '../../src/ports/state-repository.ts'
import type { Table } from '../../src/ports/store.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'
import { aPosition } from '../support/builders.ts'
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

describe('the positions of a store', () => {
  it('have the best prices of one moment, while a service begins a new series of extremes', async () => {
    const store = new MemoryStore()
    await store.claim('me', 1_000)
    const keeper = new StoreRepository(store)
    const position = aPosition()
    const open: Registered = { position, rules: {}, generation: 1, state: 'open' }
    const { instrument } = position
    const rowsOf = (high: number) =>
      ({ instrument, view: 'trade', segment: 1, high, low: 90, highs: [], lows: [] }) as const
    const ratchet = { best: 100, series: 4, mark: 1, generation: 1 }
    const extremes = new Map([['4', rowsOf(120)]])
    await keeper.keep({ register: [open], ratchets: new Map([[position.id, ratchet]]), extremes })
    let isWriting = true
    const written = {
      rows: async <Value>(table: Table): Promise<ReadonlyMap<string, Value>> => {
        const rows = await store.rows<Value>(table)
        if (table === 'ratchets' && isWriting) {
          isWriting = false
          const next = new Map([[position.id, { ...ratchet, best: 120, series: 5 }]])
          const series = new Map([
            ['4', undefined],
            ['5', rowsOf(120)],
          ])
          await keeper.keep({ ratchets: next, extremes: series })
        }
        return rows
      },
    }
    const before = [...(await store.rows<typeof ratchet>('ratchets')).values()]
    expect(before.map(({ series }) => series)).to.deep.equal([4])
    expect((await keptPositions(written)).map(({ best }) => best)).to.deep.equal([120])
  })
})
