import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { storeSchema, type RedisStoreConfig } from '../../src/stores/options.ts'
import { openRedisDatabase } from '../../src/stores/redis/open.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

const isStarted = (line: string): boolean => line.startsWith('watchkeeper guards')

describe('a service that receives a stop signal', () => {
  let folder: string
  let services: RunningService[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-stopping-'))
    services = []
  })

  afterEach(async () => {
    for (const service of services) await service.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  function start(name: string, given: object): RunningService {
    const config = join(folder, `${name}.yaml`)
    const positions = join(folder, 'positions.json')
    const position = { id: 'p1', instrument: 'BTCUSD', side: 'long', quantity: 1 }
    writeFileSync(
      positions,
      JSON.stringify({
        positions: [{ ...position, entryPrice: 100, exitNow: true, rules: { maxHold: { ms: 1 } } }],
      }),
    )
    const base = { positions, dataFolder: join(folder, name), http: { port: 0 }, cycleMs: 50 }
    writeFileSync(config, stringify({ ...base, ...given }))
    const service = new RunningService(['--config', config])
    services.push(service)
    return service
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`stops in order at ${signal}`, async () => {
      const service = start('a', {})
      await service.printed(isStarted)
      expect(await service.end(signal)).to.equal(0)
      expect(service.lines.at(-1)).to.equal('stopped')
    })
  }

  it('ends by its deadline although an order and a heartbeat never end', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const broker: RemoteBroker = await startBroker({
      script: {
        hands: [{ instrument: 'BTCUSD', quantity: 1 }],
        prices: { BTCUSD: 100 },
        faults: [{ on: 'place', times: 'always', harm: { kind: 'hang', when: 'before' } }],
      },
    })
    try {
      const service = start('a', {
        broker: {
          kind: 'http',
          url: broker.url,
          token: 'test-token',
          timeoutMs: 600_000,
          callTimeoutMs: 600_000,
          capabilities: { lookup: 'complete', visibilityMs: 0 },
        },
        feed: { kind: 'poll' },
        holdings: { confirm: false },
        stop: { deadlineMs: 1_000 },
        notify: { heartbeat: { url: `http://127.0.0.1:${port}`, everyMs: 60_000 } },
      })
      await service.printed(isStarted)
      await until(async () => (await broker.requests()).some(({ route }) => route === 'place'))
      expect(await service.end('SIGTERM')).to.equal(0)
    } finally {
      silent.close()
      await broker.close()
    }
  })

  needing('redis-server').it(
    'answers probes while it waits for a lease, and ends at once on a signal',
    async () => {
      const redis = await RedisServer.start()
      try {
        const store = {
          kind: 'redis',
          exclusive: 'lease',
          leaseMs: 60_000,
          redis: { url: redis.url },
        }
        const config = storeSchema.parse(store) as RedisStoreConfig
        const { database, connection } = await openRedisDatabase(config, {
          monotonic: () => performance.now(),
        })
        await connection.ready(5_000)
        await database.claim({ token: 'of a process that is killed', leaseMs: 60_000 })
        connection.close()
        const free = createServer().listen(0, '127.0.0.1')
        await once(free, 'listening')
        const { port } = free.address() as AddressInfo
        await new Promise(resolve => free.close(resolve))
        const next = start('next', { store, http: { port } })
        await next.printed(line => line.startsWith('waiting: '))
        const asked = async (path: string): Promise<number> =>
          (await fetch(`http://127.0.0.1:${port}${path}`)).status
        await until(() => asked('/livez').catch(() => 0))
        expect([
          await asked('/livez'),
          await asked('/readyz'),
          await asked('/health'),
        ]).to.deep.equal([200, 503, 503])
        expect(await next.end('SIGTERM')).to.equal(0)
        expect(next.lines.at(-1)).to.equal('stopped')
      } finally {
        await redis.close()
      }
    },
  )
})
