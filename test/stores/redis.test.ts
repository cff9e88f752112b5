import { expect } from 'chai'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { RedisStore } from '../../src/stores/redis.ts'
import { RedisDatabase } from '../../src/stores/redis/database.ts'
import { storeContract } from '../contracts/store-contract.ts'
import { codeOf } from '../support/code-of.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Machine } from '../support/redis-store.ts'

const clock = { now: () => Date.now(), monotonic: () => performance.now() }

needing('redis-server').describe('RedisStore', () => {
  let server: RedisServer
  let prefix: string
  let count = 0
  const connections: RedisConnection[] = []

  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server.close())
  beforeEach(() => void (prefix = `place-${++count}`))
  afterEach(() => connections.splice(0).forEach(each => each.close()))

  async function attach(): Promise<RedisStore> {
    const connection = await server.connect()
    connections.push(connection)
    const database = new RedisDatabase({
      connection,
      prefix,
      outlivesLease: false,
      waitReplicas: 0,
      waitMs: 0,
    })
    return new RedisStore({ database, leaseMs: 60_000, clock })
  }

  needing('/proc').it('claims nothing for a data folder that cannot be made', async () => {
    const machine = new Machine()
    const lease = { exclusive: 'lease', redis: { prefix: 'unmade' } } as const
    try {
      const error = await codeOf(machine.open(server, lease, { dataFolder: '/proc/watchkeeper' }))
      expect(error).to.equal('STORE_UNUSABLE')
      await (await machine.open(server, lease)).close()
    } finally {
      await machine.close()
    }
  })

  describe('as every store', () => {
    storeContract(() => ({
      attach,
      killOwner: async () => void (await server.ask(['hset', `${prefix}:meta`, 'until', 0])),
    }))
  })
})
