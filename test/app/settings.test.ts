import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Service } from '../../src/app/service.ts'
import { serviceSchema } from '../../src/config/schema.ts'
import { chaosSchema } from '../../src/resilience/chaos-plan.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import type { Script } from '../support/broker-server/script.ts'
import { Folder } from '../support/cli.ts'
import { closedPort } from '../support/closed-port.ts'
import { needing } from '../support/needing.ts'
import { recorded, type Use } from '../support/recorded-config.ts'
import { RedisServer } from '../support/redis-server.ts'
import { SHOWN } from '../support/settings-shown.ts'
import { settingsOf } from '../support/settings.ts'
import { until } from '../support/until.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { settings } = settingsOf()

/** A breaker that opens at the first failure and probes soon, so that all of its settings matter. */
const touchy = (window: object): object => {
  const breaker = { window, openMs: 50, exitOpenMs: 50, exitProbeMs: 50 }
  return { orders: breaker, account: breaker, quotes: breaker }
}

/** Each variant uses settings that another does not: together they use every setting. */
const ACT = { everyMs: 100, positions: ['*'], count: 1, times: 1 }
const CHAOS = chaosSchema.parse({ afterMs: 0, acts: [{ kind: 'monitor-throws', ...ACT }] })

describe('every setting', function () {
  // Six services are opened, with a broker and a Redis server of their own.
  this.timeout(120_000)

  const uses = new Map<string, Use>()
  let broker: RemoteBroker
  let redis: RedisServer

  /** Settings of a broker apply to its kind only. */
  const take = (seen: ReadonlyMap<string, Use>, kind: string): void => {
    for (const [path, use] of seen) {
      const own = path.replace(/^broker\./, `broker{${kind}}.`)
      if (uses.get(own) !== 'read') uses.set(own, use)
    }
  }

  /** Opens the service as `run` does, guards and exits a position, until the `awaited` settings have been read. */
  async function run(given: object, awaited: readonly string[]): Promise<void> {
    const folder = new Folder()
    const { config, uses: seen } = recorded(
      serviceSchema.parse({
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 150,
        holdings: { confirm: false },
        stop: { deadlineMs: 50 },
        ...given,
      }),
    )
    const { kind } = config.broker
    const [service, { url }] = await Service.start({
      config,
      entries: [],
      chaos: CHAOS,
      fresh: false,
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      version: 'test',
      log: {
        stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
        text: ({ kind }) => kind,
      },
      onFatal: error => expect.fail(error.message),
    })
    const post = (path: string, body: object): Promise<Response> =>
      fetch(`${url}/api/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    try {
      for (const id of ['p1', 'p2']) {
        const entry = { id, instrument: 'ACME', side: 'long', quantity: 1, entryPrice: 100 }
        const { status } = await post('positions', { ...entry, rules: { stopLoss: { pct: 50 } } })
        expect(status).to.equal(201)
      }
      await post('positions/p1/exit', {})
      await until(() => {
        take(seen, kind)
        return awaited.every(path => seen.get(path) === 'read')
      })
    } finally {
      await service.stop()
      take(seen, kind)
      folder.remove()
    }
  }

  after(async () => {
    await broker?.close()
    await redis?.close()
  })

  it('has one entry in the table of where it shows, and no entry is without a setting', () => {
    const ids = settings.map(({ id }) => id)
    expect(ids.filter(id => !SHOWN.has(id))).to.deep.equal([])
    expect([...SHOWN.keys()].filter(id => !ids.includes(id))).to.deep.equal([])
  })

  it('is named by the test of its entry', () => {
    const missing = [...SHOWN].filter(([id, { test }]) => {
      const name = id.replace(/\.<name>$/, '').replace(/^.*\./, '')
      return !new RegExp(`\\b${name}\\b`).test(textOf(test))
    })
    expect(missing.map(([id, { test }]) => `${id} in ${test}`)).to.deep.equal([])
  })

  needing('redis-server').it(
    'is read, by its name, by a service that opens and runs',
    async function () {
      broker = await startBroker({})
      redis = await RedisServer.start()
      await paper()
      await remote()
      await refusing({ kind: 'consecutive', threshold: 1 }, { kind: 'poll', pollMs: 100 })
      await refusing(
        { kind: 'time', minimumCalls: 1 },
        { kind: 'simulated', acceptSimulated: true },
      )
      for (const kind of ['binance', 'bybit', 'okx']) await venue(kind)
      await stored()
      const expected = settings.filter(({ id }) => SHOWN.get(id)?.unread === undefined)
      const unread = expected.filter(({ id, path }) => {
        return uses.get(path.startsWith('broker.') ? id : path) !== 'read'
      })
      expect(unread.map(({ id }) => id)).to.deep.equal([])
    },
  )

  /** The defaults, with every channel, and a monitor that is quarantined. */
  const paper = (): Promise<void> => {
    const url = 'http://127.0.0.1:9/hook'
    return run(
      {
        massExit: { max: 1 },
        feed: { maxJumpPct: 10 },
        portfolio: { limits: [{ name: 'all', maxLoss: 100 }] },
        supervision: { monitor: { maxRestarts: 1, onGiveUp: 'exit-position' } },
        notify: {
          settleMs: 0,
          channels: [
            { kind: 'webhook', url },
            { kind: 'slack', url },
            { kind: 'pagerduty', url, routingKey: 'key' },
            { kind: 'telegram', url, token: 'token', chatId: 1, users: [1] },
            { kind: 'discord', url },
            {
              kind: 'email',
              host: '127.0.0.1',
              port: 9,
              tls: 'none',
              user: 'desk',
              password: 'word',
              sender: 'desk@example.com',
              to: ['me@example.com'],
            },
          ],
          heartbeat: { url },
        },
      },
      ['supervision.giveUpExits.max', 'notify.channels[].caFile'],
    )
  }

  const atServer = (but: object = {}): object => ({
    kind: 'http',
    url: broker.url,
    token: 'test-token',
    capabilities: {
      lookup: 'complete',
      visibilityMs: 0,
      styles: ['market', 'marketable-limit'],
      limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'], perSecond: 50 }],
    },
    ...but,
  })

  const account = (faults: readonly object[] = []): Promise<void> =>
    broker.script({
      fresh: true,
      clear: true,
      hands: [{ instrument: 'ACME', quantity: 2 }],
      prices: { ACME: 100 },
      set: { token: 'test-token' },
      faults,
    } as Script)

  /** A server that answers. */
  const remote = async (): Promise<void> => {
    await account()
    const window = { kind: 'count', slowMs: 1, slowRatePct: 50, minimumCalls: 1 }
    await run(
      {
        broker: atServer(),
        feed: { kind: 'poll', pollMs: 100 },
        exits: {
          style: { kind: 'marketable-limit', bandPct: 1, escalateMs: 1_000 },
          sendUnverifiedAfterMs: 60_000,
        },
        gateway: { breakers: touchy(window), limits: { shared: 'office', names: ['all'] } },
        holdings: {
          confirm: false,
          adopt: 'rules',
          instruments: ['B*'],
          defaultRules: { stopLoss: { pct: 5 } },
        },
      },
      ['exits.style.bandPct', 'exits.style.escalateMs', ...ofEachGroup('window.slowRatePct')],
    )
  }

  /** A server that refuses to work. */
  const refusing = async (window: object, feed: object): Promise<void> => {
    const harm = { kind: 'status', when: 'before', status: 500 }
    await account([{ on: 'place', harm, times: 'always' }])
    const orders = 'gateway.breakers.orders'
    await run({ broker: atServer(), feed, gateway: { breakers: touchy(window) } }, [
      `${orders}.halfOpenMaxMs`,
      `${orders}.window.kind`,
    ])
  }

  /** An unreachable venue. */
  const venue = async (kind: string): Promise<void> => {
    const address = `127.0.0.1:${await closedPort()}`
    const window = { kind: 'time', slowMs: 10, slowRatePct: 50, minimumCalls: 1 }
    await run(
      {
        broker: {
          kind,
          environment: 'demo',
          url: `https://${address}`,
          streamUrl: `wss://${address}`,
          key: 'key',
          secret: 'secret',
          passphrase: 'pass',
        },
        feed: { kind: 'broker', pollMs: 100 },
        gateway: { breakers: touchy(window) },
      },
      ['gateway.breakers.quotes.halfOpenMaxMs', 'gateway.breakers.account.halfOpenMaxMs'],
    )
  }

  /** State and prices in Redis. */
  const stored = async (): Promise<void> => {
    const { url, port } = redis
    const host = '127.0.0.1'
    await run(
      {
        store: { kind: 'redis', redis: { url }, exclusive: 'lease' },
        feed: { kind: 'redis', redis: { url, push: 'stream' } },
      },
      ['feed.redis.stream', 'store.leaseMs'],
    )
    await run(
      {
        store: { kind: 'redis', redis: { host, port, prefix: 'another' } },
        feed: { kind: 'redis', redis: { host, port } },
      },
      ['feed.redis.channel', 'store.redis.host'],
    )
  }
})

const textOf = (path: string): string =>
  existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : ''

const ofEachGroup = (name: string): string[] =>
  ['orders', 'account', 'quotes'].map(group => `gateway.breakers.${group}.${name}`)
