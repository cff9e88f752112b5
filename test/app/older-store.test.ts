import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

const IDS = ['a', 'b']
const QUANTITY = 5
/** Only an order query by id proves that an order was executed before. */
const CAPABILITIES = {
  ...({ dedupe: 'never', lookup: 'complete', reduceOnly: false } as const),
  visibilityMs: 50,
}

describe('a store that is older than its account', function () {
  this.timeout(120_000)
  let folder: string
  let broker: RemoteBroker
  let service: RunningService
  let store: object

  async function open(): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-older-'))
    broker = await startBroker({
      settings: { capabilities: CAPABILITIES },
      script: { hands: [{ instrument: 'X', quantity: IDS.length * QUANTITY }], prices: { X: 100 } },
    })
  }

  async function close(): Promise<void> {
    await service.end('SIGKILL')
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  }

  const data = (): string => join(folder, 'data')

  async function start(): Promise<void> {
    const positions = IDS.map(id => ({
      id,
      instrument: 'X',
      side: 'long',
      quantity: QUANTITY,
      entryPrice: 100,
      rules: { stopLoss: { price: 1 } },
    }))
    const config = {
      dataFolder: data(),
      cycleMs: 50,
      http: { port: 0 },
      store,
      broker: { kind: 'http', url: broker.url, token: 'test-token', capabilities: CAPABILITIES },
      holdings: { reconcileMs: 200 },
      feed: { intervalMs: 50, acceptSimulated: true },
    }
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    writeFileSync(join(folder, 'c.json'), JSON.stringify(config))
    const files = ['--config', join(folder, 'c.json'), '--positions', join(folder, 'p.json')]
    service = new RunningService(files)
    await service.printed(line => line.startsWith('Ctrl-C'))
  }

  async function post(path: string): Promise<void> {
    const url = /^positions +(http:\S+)\/api/m.exec(service.lines.join('\n'))![1]!
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api${path}`, { method: 'POST', headers, body: '{}' })
    expect(answer.ok, await answer.text()).to.equal(true)
  }

  const isUnconfirmed = async (): Promise<boolean> => {
    const url = /^health +(http:\S+)$/m.exec(service.lines.join('\n'))![1]!
    return (await (await fetch(url)).text()).includes('a person has confirmed')
  }

  /** Starts the service, and confirms the holdings. */
  async function begin(): Promise<void> {
    await start()
    await post('/gateway/holdings/confirm')
    await service.printed(line => line.includes(' holdings-confirmed '))
    await until(async () => !(await isUnconfirmed()))
  }

  /** Exits `a` once, restores the store to the state before that, and exits `a` again. */
  async function exitTwice(copy: () => Promise<void>, setBack: () => Promise<void>): Promise<void> {
    await copy()
    await post('/positions/a/exit')
    await service.printed(line => line.includes(' exit-filled '))
    await service.end('SIGKILL')
    await setBack()
    // Nothing is missing: the sold quantity was bought again by hand.
    await broker.script({ hands: [{ instrument: 'X', quantity: QUANTITY }] })
    await start()
    await service.printed(line => line.includes(' store-doubted '))
    await until(isUnconfirmed)
    await post('/positions/a/exit')
    await service.printed(line => line.includes(' exit-foreign '))
    await until(isUnconfirmed)
    expect(broker.book().fills).to.have.length(1)
    await post('/gateway/holdings/confirm')
    await service.printed(line => line.includes(' exit-filled '))
    expect(new Set(broker.book().fills.map(fill => fill.clientOrderId)).size).to.equal(2)
    expect(broker.book().holdings[0]!.quantity).to.equal(QUANTITY)
  }

  /** The tests follow one another. */
  describe('in a data folder', () => {
    before(async () => {
      store = { kind: 'lmdb' }
      await open()
      await begin()
    })
    after(close)

    it('needs no confirmation where it was stopped and started, or killed', async () => {
      await service.end('SIGTERM')
      await start()
      await service.end('SIGKILL')
      await start()
      expect(await isUnconfirmed()).to.equal(false)
      expect(service.lines.join('\n')).not.to.include('store-doubted')
    })

    it('makes no exit again where its data folder was copied while the service ran, and restored', async () => {
      await exitTwice(
        async () => cpSync(data(), join(folder, 'backup'), { recursive: true }),
        async () => {
          rmSync(data(), { recursive: true })
          cpSync(join(folder, 'backup'), data(), { recursive: true })
        },
      )
    })
  })

  needing('redis-server').it(
    'makes no exit again where its Redis has lost acknowledged writes',
    async () => {
      const redis = await RedisServer.start({ appendonly: true })
      store = { kind: 'redis', leaseMs: 1_500, redis: { url: redis.url, commandTimeoutMs: 500 } }
      await open()
      const kept = new Map<string, Buffer>()
      try {
        await begin()
        const client = await redis.connect()
        await exitTwice(
          () =>
            client.run(async commands => {
              for (const key of await commands.keys('watchkeeper:*')) {
                kept.set(key, await commands.dumpBuffer(key))
              }
            }),
          () =>
            client.run(async commands => {
              for (const [key, value] of kept) await commands.restore(key, 0, value, 'REPLACE')
            }),
        )
      } finally {
        await close()
        await redis.close()
      }
    },
  )
})
