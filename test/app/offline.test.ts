import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  keptPositions,
  openConfigured,
  openKeptData,
  type KeptData,
} from '../../src/app/offline.ts'
import type { PositionId } from '../../src/domain/ids.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import type { Registered } from '../../src/ports/state-repository.ts'
import type { Table } from '../../src/ports/store.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import type { RedisStoreConfig } from '../../src/stores/options.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'
import { aPosition } from '../support/builders.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Machine, storeConfig } from '../support/redis-store.ts'

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

needing('redis-server').describe('reading a store at a server with a password', () => {
  const line = { at: 1, kind: 'exit-observed', positionId: 'p1' } as const
  let server: RedisServer
  let machine: Machine
  let passwordFile: string

  before(async () => {
    const settings = { user: 'guard on >hunter2 ~* &* +@all' }
    server = await RedisServer.start({ requirepass: 'other', settings })
  })
  after(() => server.close())
  beforeEach(() => {
    machine = new Machine()
    passwordFile = join(machine.folder, 'password')
    writeFileSync(passwordFile, 'hunter2\n')
  })
  afterEach(() => machine.close())

  /** The settings of a service that has written a line there. */
  const written = async (prefix: string): Promise<RedisStoreConfig> => {
    const redis = { username: 'guard', passwordFile, prefix }
    const store = await machine.open(server, { redis })
    await store.write({ lines: [line] })
    await store.close()
    return storeConfig(server, { redis })
  }

  const kindsOf = async (kept: KeptData | undefined): Promise<readonly string[]> => {
    const lines = await kept!.journal({ after: 0, limit: 9 })
    await kept!.close()
    return lines.map(({ kind }) => kind)
  }

  const failure = async (opening: Promise<unknown>): Promise<string> => {
    const error = await opening.catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(WatchkeeperError)
    return `${(error as WatchkeeperError).code}: ${(error as WatchkeeperError).message}`
  }

  it('takes the login of the configuration, or the one that the data folder remembers', async () => {
    const store = await written('a')
    const { folder: dataFolder } = machine
    expect(await kindsOf(await openConfigured({ store, dataFolder }))).to.deep.equal([line.kind])
    expect(await kindsOf(await openKeptData(dataFolder))).to.deep.equal([line.kind])
    expect(readFileSync(join(dataFolder, 'store.json'), 'utf8')).to.not.include('hunter2')
    const place = `${server.url}#a`
    const login = { username: 'guard', password: 'hunter2' }
    rmSync(passwordFile)
    expect(await kindsOf(await openKeptData(dataFolder, login))).to.deep.equal([line.kind])
    expect(await kindsOf(await openKeptData(place, login))).to.deep.equal([line.kind])
    expect(await failure(openKeptData(dataFolder))).to.include('redis.passwordFile')
  })

  it('fails with the error of the server where the login is refused', async () => {
    const store = await written('b')
    const { folder: dataFolder } = machine
    writeFileSync(passwordFile, 'wrong')
    for (const opening of [openConfigured({ store, dataFolder }), openKeptData(dataFolder)])
      expect(await failure(opening)).to.match(/^STORE_UNUSABLE: .*WRONGPASS/)
  })

  it('finds nothing where the service has written nothing', async () => {
    const redis = { username: 'guard', passwordFile, prefix: 'none' }
    const { folder: dataFolder } = machine
    for (const store of [storeConfig(server, { redis }), { kind: 'lmdb', closedRows: 9 } as const])
      expect(await openConfigured({ store, dataFolder })).to.equal(undefined)
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
