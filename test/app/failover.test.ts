import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { isNetId } from '../../src/domain/resting-stop.ts'
import { executedBy } from '../crash/checks.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { cliHere } from '../support/cli-here.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { storeIdAt } from '../support/store-id.ts'
import { until } from '../support/until.ts'

const POSITIONS = 40
const QUANTITY = 3
/** Their maximum hold ends one after the other, so that exits are in flight at any moment. */
const FIRST_MS = 5_000
const STEP_MS = 500
const CAPABILITIES = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  restingStop: {
    kinds: ['stop-market'],
    reserves: false,
    amend: true,
    triggers: ['last'],
    expires: 'ever',
  },
} as const
/** A position with a net, whose stop is executed in part while no process guards. */
const NETTED = {
  id: 'netted',
  instrument: 'GLOBEX',
  side: 'long',
  entryPrice: 47.8,
  quantity: 4,
  rules: { stopLoss: { pct: 30 }, net: { beyondPct: 1, minMovePct: 0.1, everyMs: 1_000 } },
}

const idOf = (index: number): string => `p${index}`

needing('redis-server').describe('an owner that is stopped, and its standby', () => {
  let folder: string
  let redis: RedisServer
  let broker: RemoteBroker
  let services: RunningService[]

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-failover-'))
    services = []
    redis = await RedisServer.start()
    broker = await startBroker({
      folder: join(folder, 'broker'),
      settings: { capabilities: { ...CAPABILITIES, visibilityMs: 300 } },
      script: {
        hands: [
          { instrument: 'BTCUSD', quantity: POSITIONS * QUANTITY },
          { instrument: NETTED.instrument, quantity: NETTED.quantity },
        ],
        prices: { BTCUSD: 92_400, [NETTED.instrument]: NETTED.entryPrice },
        // Calls are in flight whenever the owner is stopped.
        faults: [
          { on: 'place', times: 'always', harm: { kind: 'delay', when: 'before', ms: 150 } },
          { on: 'stop', times: 'always', harm: { kind: 'fill', plan: { share: 0.5 } } },
        ],
      },
    })
  })

  after(async () => {
    for (const service of services) await service.end('SIGKILL')
    await broker.close()
    await redis.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function start(name: string): RunningService {
    const positions = Array.from({ length: POSITIONS }, (_, index) => ({
      id: idOf(index),
      instrument: 'BTCUSD',
      side: 'long',
      entryPrice: 92_400,
      quantity: QUANTITY,
      rules: { maxHold: { ms: FIRST_MS + index * STEP_MS } },
    }))
    const file = join(folder, 'positions.json')
    writeFileSync(file, JSON.stringify({ positions: [...positions, NETTED] }))
    const config = join(folder, `${name}.yaml`)
    const limits = { startRate: 1_000, maxRate: 1_000 }
    writeFileSync(
      config,
      stringify({
        positions: file,
        dataFolder: join(folder, name),
        cycleMs: 100,
        http: { port: 0 },
        broker: {
          kind: 'http',
          url: broker.url,
          token: 'test-token',
          openOrders: true,
          capabilities: { ...CAPABILITIES, visibilityMs: 300 },
          callTimeoutMs: 2_000,
        },
        store: {
          kind: 'redis',
          exclusive: 'lease',
          leaseMs: 1_500,
          redis: { url: redis.url, commandTimeoutMs: 500 },
        },
        gateway: { throttle: limits },
        exits: { retryMs: 50, maxRetryMs: 200 },
        holdings: { reconcileMs: 500, confirm: false },
        feed: { intervalMs: 200, acceptSimulated: true },
      }),
    )
    const service = new RunningService(['--standby', '--config', config])
    services.push(service)
    return service
  }

  const holds =
    (kind: string) =>
    (line: string): boolean =>
      line.includes(` ${kind} `)

  it('exit every position once, whichever runs, and the former owner is fenced', async () => {
    const owner = start('owner')
    await owner.printed(line => line.startsWith('standby: the store is ours now'))
    const standby = start('standby')
    await standby.printed(line => line.startsWith('standby: guards nothing'))
    await standby.printed(line => line.startsWith('health '))
    const url = /^health +(http:\S+)\/health$/m.exec(standby.lines.join('\n'))![1]!
    const asked = await Promise.all(
      ['/livez', '/health', '/readyz', '/api/positions'].map(path => fetch(`${url}${path}`)),
    )
    expect(asked.map(({ status }) => status)).to.deep.equal([200, 200, 503, 503])
    expect(await asked[3]!.json()).to.include({ code: 'STANDBY' })
    const health = (await asked[1]!.json()) as { status: string; output: string[] }
    expect(health.status).to.equal('warn')
    expect(health.output.join()).to.include('a standby, which guards nothing')
    const status = await cliHere(['status', '--url', url])
    expect([status.code, status.stderr]).to.deep.equal([0, ''])
    expect(status.stdout).to.match(/^warn {2}watchkeeper \S+\n {2}service:standby: a standby/)
    await owner.printed(holds('exit-filled'), 3)
    await owner.printed(holds('net-resting'))
    owner.send('SIGSTOP')
    await broker.script({ triggerStops: true })
    await standby.printed(line => line.startsWith('standby: the store is ours now'))
    await standby.printed(holds('exit-filled'), 3)
    owner.send('SIGCONT')
    expect(await owner.ended()).to.equal(1)
    expect(owner.lines.join('\n')).to.include('FENCED')
    // A promise: the book is read less and less often.
    await until(async () => broker.book().holdings.every(({ quantity }) => quantity === 0))
    const book = broker.book()
    const storeId = await storeIdAt(`${redis.url}#watchkeeper`)
    const executed = Array.from({ length: POSITIONS }, (_, index) =>
      executedBy({ id: idOf(index), generation: 1, storeId }, book),
    )
    expect(executed).to.deep.equal(executed.map(() => QUANTITY))
    expect(book.orders.filter(({ instrument }) => instrument === 'BTCUSD')).to.have.length(
      POSITIONS,
    )
    // The stop is the exit, by what it has executed and by an order for the rest: once, also over both processes.
    const own = book.orders.filter(({ instrument }) => instrument === NETTED.instrument)
    const shares = own.map(({ clientOrderId: id, fills }) => [
      isNetId(id),
      fills.map(({ quantity }) => quantity),
    ])
    expect(shares).to.deep.equal([
      [true, [2]],
      [false, [2]],
    ])
    expect(executedBy({ id: NETTED.id, generation: 1, storeId }, book)).to.equal(NETTED.quantity)
    const exits = standby.lines.filter(
      line => line.includes(' exit-filled ') && /netted/.test(line),
    )
    expect(exits.join('\n')).to.include('venue-stop')
    if (process.env['SHOW_FAILOVER'] === '1') {
      const shown = (service: RunningService): string => service.lines.join('\n')
      process.stdout.write(`--- owner\n${shown(owner)}\n--- standby\n${shown(standby)}\n`)
    }
  }).timeout(120_000)
})
