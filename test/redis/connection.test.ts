import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { RedisConnection } from '../../src/redis/connection.ts'
import { RedisError } from '../../src/redis/errors.ts'
import type { RedisConfig } from '../../src/redis/options.ts'
import type { RedisOutcome } from '../../src/redis/outcome.ts'
import { closedPort } from '../support/closed-port.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { SwitchedPort } from '../support/switched-port.ts'
import { until } from '../support/until.ts'

const monotonic = (): number => performance.now()

/** The code of the error that a promise is rejected with. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    value => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => {
      expect(error).to.be.instanceOf(RedisError)
      return (error as RedisError).code
    },
  )

needing('redis-server').describe('a connection to Redis', () => {
  let server: RedisServer
  const opened: RedisConnection[] = []
  const servers: RedisServer[] = []

  const connect = async (to: RedisServer, but: Partial<RedisConfig> = {}) => {
    const connection = await to.connect(but)
    opened.push(connection)
    return connection
  }
  const open = async (config: RedisConfig, changes: (RedisError | undefined)[] = []) => {
    const onChange = (error: RedisError | undefined): void => void changes.push(error)
    const connection = await RedisConnection.open({ config, monotonic, onChange })
    opened.push(connection)
    return connection
  }
  const start = async (...args: Parameters<typeof RedisServer.start>) => {
    const started = await RedisServer.start(...args)
    servers.push(started)
    return started
  }

  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server.close())
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.close()
    for (const each of servers.splice(0)) await each.close()
    await server.flush()
  })

  it('reports within the deadline that no server listens, once', async () => {
    const changes: (RedisError | undefined)[] = []
    const port = await closedPort()
    const connection = await open(server.config({ url: `redis://127.0.0.1:${port}` }), changes)
    expect(await codeOf(connection.ready(300))).to.equal('REDIS_UNAVAILABLE')
    expect(await codeOf(connection.run(client => client.get('a')))).to.equal('REDIS_UNAVAILABLE')
    expect(changes.map(each => each?.code)).to.deep.equal(['REDIS_UNAVAILABLE'])
  })

  it('reports a wrong password', async () => {
    const locked = await start({ requirepass: 'right' })
    const connection = await open(locked.config({ password: 'wrong' }))
    expect(await codeOf(connection.ready(1_000))).to.equal('REDIS_AUTH')
    const without = await open(server.config({ url: locked.url }))
    expect(await codeOf(without.ready(1_000))).to.equal('REDIS_AUTH')
  })

  it('takes the password from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-secret-'))
    try {
      const passwordFile = join(folder, 'password')
      writeFileSync(passwordFile, 'right\n')
      const locked = await start({ requirepass: 'right' })
      const connection = await open(server.config({ url: locked.url, passwordFile }))
      await connection.ready(30_000)
      expect(await connection.run(client => client.ping())).to.equal('PONG')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('gives each refusal of the server a code of its own', async () => {
    const full = await start({ maxmemory: '2mb' })
    const replica = await start({ replicaof: server })
    const connection = await connect(server)
    await connection.run(client => client.set('text', 'a'))
    expect(await codeOf(connection.run(client => client.hgetall('text')))).to.equal(
      'REDIS_WRONG_TYPE',
    )
    expect(await codeOf(connection.run(client => client.call('nonsense')))).to.equal('REDIS_ERROR')
    const follower = await connect(replica)
    expect(await codeOf(follower.run(client => client.set('a', 'b')))).to.equal('REDIS_READONLY')
    const crowded = await connect(full)
    const fill = crowded.run(client => client.set('a', 'x'.repeat(4_000_000)))
    await fill.catch(() => undefined)
    expect(await codeOf(crowded.run(client => client.set('b', 'b')))).to.equal('REDIS_OOM')
    const inOne = crowded.run(client => client.multi().set('b', 'b').exec())
    expect(await codeOf(inOne)).to.equal('REDIS_OOM')
    expect(crowded.breaker.kind).to.equal('closed')
  })

  it('reconnects when the primary has become a replica and keeps its connections', async () => {
    const next = await start()
    const port = await SwitchedPort.open(server)
    try {
      const changes: (RedisError | undefined)[] = []
      const connection = await open(
        server.config({ url: port.url, reconnectMaxMs: 60_000 }),
        changes,
      )
      await connection.ready(10_000)
      await connection.run(client => client.set('a', '1'))
      await server.ask(['replicaof', '127.0.0.1', String(next.port)])
      port.target = next
      expect(await codeOf(connection.run(client => client.set('a', '2')))).to.equal(
        'REDIS_READONLY',
      )
      await until(() => changes.length === 3)
      await connection.run(client => client.set('a', '2'))
      expect(changes.map(each => each?.code)).to.deep.equal([
        undefined,
        'REDIS_READONLY',
        undefined,
      ])
      // A connection that leads to a replica again is not closed at each command.
      await next.ask(['replicaof', '127.0.0.1', String(server.port)])
      for (let each = 0; each < 5; each++) {
        await codeOf(connection.run(client => client.eval("return redis.call('set','a','3')", 0)))
      }
      expect(port.connections).to.equal(2)
    } finally {
      port.close()
      await server.ask(['replicaof', 'no', 'one'])
    }
  })

  it('rejects commands in flight when the connection breaks, and does not send them again', async () => {
    const connection = await connect(server, { commandTimeoutMs: 60_000 })
    await connection.run(client => client.set('a', '0'))
    const blocked = codeOf(connection.run(client => client.blpop('nothing', 0)))
    const behind = codeOf(connection.run(client => client.incr('a')))
    await server.ask(['client', 'kill', 'type', 'normal', 'skipme', 'yes'])
    expect(await blocked).to.equal('REDIS_UNAVAILABLE')
    expect(await behind).to.equal('REDIS_UNAVAILABLE')
    await connection.ready(30_000)
    expect(await connection.run(client => client.get('a'))).to.equal('0')
  })

  it('reconnects by itself, reports that, and queues no command meanwhile', async () => {
    const mortal = await start()
    const changes: (RedisError | undefined)[] = []
    const connection = await open(mortal.config(), changes)
    await connection.ready(30_000)
    let ups = 0
    connection.onUp(() => ups++)
    const closed = once(connection.client, 'close')
    await mortal.stop()
    await closed
    expect(await codeOf(connection.run(client => client.get('a')))).to.equal('REDIS_UNAVAILABLE')
    await mortal.startAgain()
    await connection.ready(30_000)
    expect(await connection.run(client => client.get('a'))).to.equal(null)
    expect(changes.map(each => each?.code)).to.deep.equal([
      undefined,
      'REDIS_UNAVAILABLE',
      undefined,
    ])
    expect(ups).to.equal(2)
    expect(connection.reconnects).to.be.at.least(1)
  })

  it('opens its breaker for a server that does not answer, and drops the connection', async () => {
    const mortal = await start()
    const outcomes: RedisOutcome[] = []
    const config = mortal.config({ commandTimeoutMs: 200, pingMs: 50 })
    const connection = await RedisConnection.open({
      config,
      monotonic,
      onCommand: outcome => void outcomes.push(outcome),
    })
    opened.push(connection)
    await connection.ready(30_000)
    const closed = once(connection.client, 'close')
    mortal.freeze()
    try {
      const asked = Array.from({ length: 8 }, () =>
        codeOf(connection.run(client => client.get('a'))),
      )
      expect(new Set(await Promise.all(asked))).to.deep.equal(new Set(['REDIS_TIMEOUT']))
      const late = await codeOf(connection.run(client => client.get('a')))
      expect(late).to.be.oneOf(['REDIS_REFUSED', 'REDIS_UNAVAILABLE'])
      expect(connection.breaker.kind).to.equal('open')
      await closed
    } finally {
      mortal.thaw()
    }
    await connection.ready(30_000)
    expect(await connection.run(client => client.get('a'))).to.equal(null)
    expect(connection.breaker.kind).to.equal('closed')
    expect(outcomes.filter(each => each === 'timeout')).to.have.length(8)
    expect(outcomes.at(-1)).to.equal('ok')
  })
})
