import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { executedBy } from '../crash/checks.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { storeIdAt } from '../support/store-id.ts'
import { until } from '../support/until.ts'

const CAPABILITIES = { dedupe: 'always', lookup: 'complete', reduceOnly: true } as const

needing('redis-server').describe('a service whose Redis is unreachable', () => {
  let folder: string
  let redis: RedisServer
  let broker: RemoteBroker
  let service: RunningService

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-solo-'))
    redis = await RedisServer.start({ appendonly: true, settings: { appendfsync: 'always' } })
    broker = await startBroker({
      folder: join(folder, 'broker'),
      settings: { capabilities: { ...CAPABILITIES, visibilityMs: 200 } },
      script: {
        hands: [{ instrument: 'BTCUSD', quantity: 6 }],
        prices: { BTCUSD: 92_400 },
        // The exit during the outage is not answered before the process is killed.
        faults: [{ on: 'place', times: 1, harm: { kind: 'hang', when: 'after' } }],
      },
    })
  })

  after(async () => {
    await service.end('SIGKILL')
    await broker.close()
    await redis.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function start(): RunningService {
    const positions = ['a', 'b'].map(id => ({
      id,
      instrument: 'BTCUSD',
      side: 'long',
      quantity: 3,
      entryPrice: 92_400,
      rules: { stopLoss: { price: 1 } },
    }))
    const config = {
      positions: 'p.json',
      dataFolder: join(folder, 'data'),
      cycleMs: 50,
      http: { port: 0 },
      broker: {
        kind: 'http',
        url: broker.url,
        token: 'test-token',
        openOrders: true,
        capabilities: { ...CAPABILITIES, visibilityMs: 200 },
        callTimeoutMs: 30_000,
      },
      store: { kind: 'redis', leaseMs: 1_500, redis: { url: redis.url, commandTimeoutMs: 500 } },
      holdings: { reconcileMs: 200, confirm: false },
      feed: { intervalMs: 50, acceptSimulated: true },
    }
    const file = join(folder, 'config.json')
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    writeFileSync(file, JSON.stringify(config))
    service = new RunningService(['--config', file, '--positions', join(folder, 'p.json')])
    return service
  }

  const post = async (path: string): Promise<Response> => {
    const url = /^positions +(http:\S+)\/api/m.exec(service.lines.join('\n'))![1]!
    const headers = { 'content-type': 'application/json' }
    return fetch(`${url}${path}`, { method: 'POST', headers, body: '{}' })
  }

  it('continues, and the orders it sent are known after a kill -9: each position is exited once', async () => {
    await start().printed(line => line.startsWith('Ctrl-C'))
    await redis.stop()
    expect((await post('/api/positions/a/exit')).ok).to.equal(true)
    await until(async () => broker.book().fills.length === 1)
    await service.end('SIGKILL')
    await redis.startAgain()
    await start().printed(line => line.startsWith('Ctrl-C'))
    expect(service.lines.join('\n')).to.include('guards 1 position, 1 is being exited')
    expect((await post('/api/positions/b/exit')).ok).to.equal(true)
    await service.printed(line => line.includes(' exit-filled '), 2)
    const book = broker.book()
    const storeId = await storeIdAt(join(folder, 'data'))
    const executed = ['a', 'b'].map(id => executedBy({ id, generation: 1, storeId }, book))
    expect(executed).to.deep.equal([3, 3])
    expect(book.holdings.every(({ quantity }) => quantity === 0)).to.equal(true)
  }).timeout(180_000)

  it('is no standby', async () => {
    const config = join(folder, 'config.json')
    const standby = new RunningService(['--standby', '--config', config])
    expect(await standby.ended()).to.equal(2)
    const said = standby.lines.join('\n')
    expect(said).to.include('found it with store.exclusive solo')
    expect(said).to.include('expected store.kind redis with store.exclusive lease')
  })
})
