import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keptPositions, openKeptData } from '../../src/app/offline.ts'
import type { PositionId } from '../../src/domain/ids.ts'
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
      for (const place of [`${server.url}/0#none`, folder]) {
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
  const position = aPosition()
  const open: Registered = { position, rules: {}, generation: 1, state: 'open' }
  const ratchet = { best: 100, series: 4, mark: 1, generation: 1 }
  let store: MemoryStore
  let keeper: StoreRepository<{ positionId: PositionId; generation: number }, string, unknown>

  beforeEach(async () => {
    store = new MemoryStore()
    await store.claim('me', 1_000)
    keeper = new StoreRepository(store)
    const ratchets = new Map([[position.id, ratchet]])
    await keeper.keep({ register: [open], ratchets, extremes: new Map([['4', extremesTo(120)]]) })
  })

  const extremesTo = (high: number) => {
    const { instrument } = position
    return { instrument, view: 'trade', segment: 1, high, low: 90, highs: [], lows: [] } as const
  }

  /** The positions in a store that a service writes once, after the read of a table. */
  const readBeside = (after: Table, write: () => Promise<unknown>) => {
    let isWritten = false
    return keptPositions({
      rows: async <Value>(table: Table) => {
        const rows = await store.rows<Value>(table)
        if (table === after && !isWritten) {
          isWritten = true
          await write()
        }
        return rows
      },
    })
  }

  it('have the best prices of one moment, while a service begins a new series of extremes', async () => {
    const read = await readBeside('ratchets', () =>
      keeper.keep({
        ratchets: new Map([[position.id, { ...ratchet, best: 120, series: 5 }]]),
        extremes: new Map([
          ['4', undefined],
          ['5', extremesTo(120)],
        ]),
      }),
    )
    expect(read.map(({ best }) => best)).to.deep.equal([120])
  })

  for (const table of ['positions', 'ratchets', 'extremes'] as const)
    it(`are open with their best price, or closed, while a service closes one beside ${table}`, async () => {
      const close = () => keeper.keep({ register: [{ ...open, state: 'closed' }] })
      const [read] = await readBeside(table, close)
      expect(read!.best).to.equal(read!.state === 'closed' ? null : 120)
    })
})
