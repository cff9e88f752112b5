import { once } from 'node:events'
import { expect } from 'chai'
import { instrumentId, type InstrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { RedisFeed, type RedisUse } from '../../src/feeds/redis.ts'
import { redisFeedSchema } from '../../src/feeds/redis/options.ts'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { RedisServer } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

const ACME = instrumentId('ACME')
const GOLD = instrumentId('GOLD')
const TS = Date.now()

describe('RedisFeed', () => {
  let server: RedisServer
  let talker: RedisConnection
  let held: InstrumentId[]
  let ticks: Tick[]
  let changes: [RedisUse, string | undefined][]
  let now: number
  let feed: RedisFeed | undefined
  const others: RedisServer[] = []

  before(async () => {
    server = await RedisServer.start()
    talker = await server.connect()
  })
  after(async () => {
    talker.close()
    await server.close()
  })
  beforeEach(() => {
    held = [ACME]
    ticks = []
    changes = []
    now = TS
  })
  afterEach(async () => {
    feed?.close()
    feed = undefined
    for (const other of others.splice(0)) await other.close()
    await server.flush()
  })

  /** A feed that is connected and has looked once. */
  async function open(but: object = {}, to = server): Promise<RedisFeed> {
    const opened = await start(but, to)
    for (const connection of opened.connections.values()) await connection.ready(30_000)
    await look()
    return opened
  }

  async function start(but: object = {}, to = server): Promise<RedisFeed> {
    const config = redisFeedSchema.parse({ url: to.url, ...but })
    feed = await RedisFeed.open({
      ...{ config, held: () => held, onTick: (tick: Tick) => void ticks.push(tick) },
      clock: { now: () => now, monotonic: () => now - TS },
      onCommand: () => undefined,
      onChange: (use, error) => void changes.push([use, error?.code]),
    })
    return feed
  }

  async function look(): Promise<void> {
    feed!.look()
    await feed!.idle()
  }

  const prices = (): [string, number][] => ticks.map(({ instrument, price }) => [instrument, price])
  const subscribers = async (channel: string): Promise<number> => {
    const [, count] = await talker.run(client => client.pubsub('NUMSUB', channel))
    return Number(count)
  }
  const publish = (channel: string, text: string) =>
    talker.run(client => client.publish(channel, text))
  const hset = (key: string, fields: Record<string, string | number>) =>
    talker.run(client => client.hset(key, fields))
  const mortal = async (...args: Parameters<typeof RedisServer.start>): Promise<RedisServer> => {
    const started = await RedisServer.start(...args)
    others.push(started)
    return started
  }

  it('counts what is no price by kind, and hands none of it on', async () => {
    const { intake } = await open()
    const ahead = TS + 61_000
    for (const text of ['x', `${TS}|ACME|NaN`, `{"instrument":"ACME","price":1}`, `${ahead}|A|1`]) {
      await publish('ticks', text)
    }
    await publish('ticks', `${TS}|ACME|1`)
    await until(() => ticks.length > 0)
    expect(prices()).to.deep.equal([['ACME', 1]])
    expect(intake.messages.pubsub).to.equal(5)
    expect([...intake.malformed]).to.deep.equal([
      ['syntax', 1],
      ['price', 1],
      ['time', 2],
    ])
    expect(intake.samples.get('price')).to.equal(`${TS}|ACME|NaN`)
  })

  it('counts a hash without ltp, and a key of another type', async () => {
    held = [ACME, GOLD]
    await hset('tick:ACME', { ts: TS, bid: 1 })
    await talker.run(client => client.set('tick:GOLD', '1'))
    const { intake } = await open({ push: 'none' })
    expect([...intake.malformed]).to.deep.equal([
      ['price', 1],
      ['type', 1],
    ])
    expect(prices()).to.deep.equal([])
    await talker.run(client => client.del('tick:ACME', 'tick:GOLD'))
    await look()
    expect(intake.messages.hash).to.equal(2)
  })

  it('subscribes to the channels of what is held, as positions come and go', async () => {
    await open({ channel: 'px:<instrument>:v1' })
    held = [ACME, GOLD]
    await look()
    await publish('px:GOLD:v1', `{"ts":${TS},"price":7}`)
    await publish('px:ACME:v1', `${TS}|GOLD|8`)
    await publish('px:ACME:v1', `${TS}||9`)
    await until(() => ticks.length === 2)
    expect(prices()).to.deep.equal([
      ['GOLD', 7],
      ['ACME', 9],
    ])
    held = [GOLD]
    await look()
    expect(await subscribers('px:ACME:v1')).to.equal(0)
    expect(await subscribers('px:GOLD:v1')).to.equal(1)
    held = []
    await look()
    expect(await subscribers('px:GOLD:v1')).to.equal(0)
  })

  it('reads the hash only of what is quiet, and takes no older value for news', async () => {
    held = [ACME, GOLD]
    await open()
    await hset('tick:ACME', { ltp: 1, ts: TS - 1 })
    await hset('tick:GOLD', { ltp: '2.5', ts: TS - 1, bid: 2, ask: 3 })
    await publish('ticks', `${TS}|ACME|10`)
    await until(() => ticks.length === 1)
    now += 2_000
    await look()
    expect(ticks.slice(1)).to.deep.equal([
      { instrument: GOLD, price: 2.5, ts: TS - 1, bid: 2, ask: 3 },
    ])
    // The push has been quiet since; what the hash has is older than what was pushed.
    now += 2_000
    await look()
    expect(ticks).to.have.length(2)
    await hset('tick:ACME', { ltp: 11, ts: TS + 1 })
    await look()
    expect(prices().at(-1)).to.deep.equal(['ACME', 11])
  })

  it('subscribes again after an outage, and reads the last values once', async () => {
    const other = await mortal()
    const { connections } = await open({}, other)
    const lost = [...connections.values()].map(({ client }) => once(client, 'close'))
    await other.stop()
    await Promise.all(lost)
    await other.startAgain()
    const again = await other.connect()
    try {
      await again.run(client => client.hset('tick:ACME', { ltp: 5, ts: TS }))
      await until(() => ticks.length > 0)
      expect(prices()).to.deep.equal([['ACME', 5]])
      await until(async () => (await again.run(client => client.publish('ticks', 'x'))) === 1)
      await again.run(client => client.publish('ticks', `${TS}|ACME|6`))
      await until(() => ticks.length > 1)
      expect(prices()).to.deep.equal([
        ['ACME', 5],
        ['ACME', 6],
      ])
    } finally {
      again.close()
    }
    expect(changes.filter(([use]) => use === 'feed-push').map(([, code]) => code)).to.deep.equal([
      undefined,
      'REDIS_UNAVAILABLE',
      undefined,
    ])
  })

  it('says why it gets no prices: wrong password, commands that are not allowed', async () => {
    const locked = await mortal({ requirepass: 'right' })
    const wrong = await start({ password: 'wrong' }, locked)
    await until(() => changes.length === 2)
    expect(wrong.troubles().map(([use, { code }]) => [use, code])).to.deep.equal([
      ['feed-push', 'REDIS_AUTH'],
      ['feed-pull', 'REDIS_AUTH'],
    ])
    wrong.close()
    await server.ask(['acl', 'setuser', 'deaf', 'on', '>secret', 'allkeys', '+@all', '-subscribe'])
    const deaf = await open({ username: 'deaf', password: 'secret' })
    expect(deaf.troubles().map(([use, { code }]) => [use, code])).to.deep.equal([
      ['feed-push', 'REDIS_AUTH'],
    ])
    await hset('tick:ACME', { ltp: 3, ts: TS })
    now += 2_000
    await look()
    expect(prices()).to.deep.equal([['ACME', 3]])
  })

  it('reads prices from a replica, and from a server that is out of memory', async () => {
    const full = await mortal({ maxmemory: '2mb' })
    const filler = await full.connect()
    await filler.run(client => client.hset('tick:ACME', { ltp: 4, ts: TS }))
    await filler.run(client => client.set('big', 'x'.repeat(4_000_000))).catch(() => undefined)
    const replica = await mortal({ replicaof: server })
    await until(async () => String(await replica.ask(['info'])).includes('link_status:up'))
    await hset('tick:ACME', { ltp: 3, ts: TS })
    await open({ push: 'none' }, full)
    expect(prices()).to.deep.equal([['ACME', 4]])
    feed!.close()
    await open({}, replica)
    await publish('ticks', `${TS + 1}|ACME|9`)
    await until(() => ticks.some(({ price }) => price === 9))
    expect(prices()).to.deep.include(['ACME', 3])
    filler.close()
  })

  it('gives up a server that stands still, and goes on when it does', async () => {
    const other = await mortal()
    const fast = { commandTimeoutMs: 200, pingMs: 50, push: 'pubsub' }
    await open(fast, other)
    other.freeze()
    try {
      await until(() => changes.filter(([, code]) => code !== undefined).length === 2)
    } finally {
      other.thaw()
    }
    const again = await other.connect()
    await until(async () => (await again.run(client => client.publish('ticks', 'x'))) === 1)
    await again.run(client => client.publish('ticks', `${TS}|ACME|6`))
    await until(() => ticks.length === 1)
    again.close()
  })
})
