import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { running } from '../support/compiled.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { RedisServer, type RedisServerOptions } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

const PUBLISHER = fileURLToPath(new URL('../support/price-publisher.ts', import.meta.url))

const isStarted = (line: string): boolean => line.startsWith('watchkeeper guards')

/** Real processes: the service, a Redis server, and a publisher of prices. */
needing('redis-server').describe('A service whose prices come from Redis', () => {
  let folder: string
  let server: RedisServer
  let service: RunningService
  let publisher: ChildProcess | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-outage-'))
  })
  afterEach(async () => {
    await service.end('SIGKILL')
    if (publisher !== undefined) {
      const closed = once(publisher, 'close')
      publisher.kill('SIGKILL')
      await closed
      publisher = undefined
    }
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(
    redis: object = {},
    { maxTickAgeMs = 20_000, ...options }: RedisServerOptions & { maxTickAgeMs?: number } = {},
  ): Promise<void> {
    server = await RedisServer.start(options)
    const positions = ['ACME', 'GOLD'].map(instrument => ({
      id: instrument.toLowerCase(),
      instrument,
      side: 'long',
      quantity: 1,
      entryPrice: 100,
      rules: { stopLoss: { pct: 10 }, trailingStop: { distancePct: 20 } },
    }))
    writeFileSync(join(folder, 'positions.json'), JSON.stringify({ positions }))
    const config = {
      positions: join(folder, 'positions.json'),
      dataFolder: join(folder, 'data'),
      http: { port: 0 },
      cycleMs: 100,
      health: { staleMs: 3_000 },
      feed: { kind: 'redis', maxTickAgeMs, redis: { url: server.url, ...redis } },
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    await run()
  }

  async function run(): Promise<void> {
    service = new RunningService(['--config', join(folder, 'config.json')])
    await service.printed(isStarted)
  }

  function publish(how: 'publish' | 'xadd', prices: Record<string, number>): void {
    publisher ??= spawn(process.execPath, [...running(PUBLISHER), server.url, how], {
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    publisher.stdin!.write(`${JSON.stringify(prices)}\n`)
  }

  const base = (): string =>
    service.lines.find(line => line.startsWith('health'))!.replace(/^health\s+(.*)\/health$/, '$1')
  const check = async (name: string): Promise<{ status: string; output?: string }> => {
    const answer = await fetch(`${base()}/health`)
    const { checks } = (await answer.json()) as {
      checks: Record<string, { status: string; output?: string }[]>
    }
    return checks[name]![0]!
  }
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${base()}/metrics`)).text()
    return Number(
      text
        .split('\n')
        .find(line => line.startsWith(`${name} `))
        ?.split(' ')[1],
    )
  }
  const price = async (id: string): Promise<number | null> => {
    const answer = await fetch(`${base()}/api/positions/${id}`)
    return ((await answer.json()) as { lastPrice: number | null }).lastPrice
  }
  const linesOf = (kind: string, id: string): string[] =>
    service.lines.filter(line => new RegExp(`${kind} +${id}\\b`).test(line))

  it('warns while Redis is down, and exits once when it is back below the stop', async () => {
    await start()
    publish('publish', { ACME: 100, GOLD: 100 })
    await until(async () => (await price('acme')) === 100 && (await price('gold')) === 100)
    expect((await check('redis:connections')).status).to.equal('pass')
    await server.stop()
    await until(async () => (await check('redis:connections')).status === 'warn')
    expect(await metric('watchkeeper_redis_up{use="feed-push"}')).to.equal(0)
    publish('publish', { ACME: 85, GOLD: 101 })
    await until(async () => (await check('prices:stale')).status === 'warn')
    expect((await check('redis:connections')).output).to.include('REDIS_UNAVAILABLE')
    await until(async () => (await metric('watchkeeper_positions{state="unguarded"}')) === 2)
    expect(linesOf('exit-intended', 'acme')).to.deep.equal([])
    await server.startAgain()
    await service.printed(line => /exit-filled +acme\b/.test(line))
    await until(async () => (await price('gold')) === 101)
    await until(async () => (await check('redis:connections')).status === 'pass')
    await until(async () => (await metric('watchkeeper_positions{state="guarded"}')) === 1)
    expect(await metric('watchkeeper_unguarded_seconds_total{cause="price"}')).to.be.above(0)
    expect(await service.end('SIGTERM')).to.equal(0)
    expect(linesOf('exit-intended', 'acme')).to.have.length(1)
    expect(linesOf('exit-filled', 'acme')).to.have.length(1)
    expect(linesOf('exit-intended', 'gold')).to.deep.equal([])
  }).timeout(180_000)

  it('shows a last value that is too old, and exits no position because of it', async () => {
    await start({ push: 'none' })
    const at = Date.now()
    await server.ask(['hset', 'tick:ACME', 'ltp', 50, 'ts', at - 60_000])
    await server.ask(['hset', 'tick:GOLD', 'ltp', 100, 'ts', at])
    await until(async () => (await price('gold')) === 100)
    await until(async () => (await metric('watchkeeper_ticks_total{result="old"}')) > 0)
    expect(linesOf('exit-intended', 'acme')).to.deep.equal([])
    // A first price of 50 would refuse the position; a price that guards it comes before.
    await server.ask(['hset', 'tick:ACME', 'ltp', 100, 'ts', Date.now()])
    await until(async () => (await price('acme')) === 100)
    await server.ask(['hset', 'tick:ACME', 'ltp', 50, 'ts', Date.now()])
    await service.printed(line => /exit-filled +acme\b/.test(line))
  }).timeout(180_000)

  it('reads what a stream has stored, through a kill and an outage, and exits once', async () => {
    const durable = { appendonly: true, settings: { appendfsync: 'always' } }
    // However long the processes take to start, no missed price is too old to decide.
    await start({ push: 'stream' }, { ...durable, maxTickAgeMs: 600_000 })
    publish('xadd', { ACME: 100, GOLD: 100 })
    await until(async () => (await price('acme')) === 100 && (await price('gold')) === 100)
    await service.end('SIGKILL')
    // A peak and a crossing while no process is running, over before the next one starts.
    const seen = async (wanted: string): Promise<void> =>
      until(async () =>
        JSON.stringify(await server.ask(['xrevrange', 'ticks', '+', '-', 'count', 2])).includes(
          wanted,
        ),
      )
    publish('xadd', { ACME: 85, GOLD: 150 })
    await seen('|GOLD|150')
    publish('xadd', { ACME: 102, GOLD: 140 })
    await seen('|GOLD|140')
    await server.stop()
    await run()
    await until(async () => (await check('redis:connections')).status === 'warn')
    expect(linesOf('exit-intended', 'acme')).to.deep.equal([])
    await server.startAgain()
    await service.printed(line => /exit-filled +acme\b/.test(line))
    expect(linesOf('exit-intended', 'acme')[0]).to.include('price=85')
    publish('xadd', { GOLD: 119 })
    await service.printed(line => /exit-filled +gold\b/.test(line))
    expect(linesOf('exit-intended', 'gold')[0]).to.include('level=120')
    expect(await service.end('SIGTERM')).to.equal(0)
    for (const id of ['acme', 'gold']) expect(linesOf('exit-intended', id)).to.have.length(1)
  }).timeout(180_000)
})
