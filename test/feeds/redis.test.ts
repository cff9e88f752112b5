import type { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { instrumentId, type InstrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { RedisFeed, type RedisUse } from '../../src/feeds/redis.ts'
import { redisFeedSchema } from '../../src/feeds/redis/options.ts'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

const ACME = instrumentId('ACME')
const GOLD = instrumentId('GOLD')
const TS = Date.now()

/** Resolves when a connection has closed; a reset before that is an error that is followed by it. */
const closed = (client: EventEmitter): Promise<void> =>
  new Promise(resolve => client.once('close', () => resolve()))

needing('redis-server').describe('RedisFeed', () => {
  let server: RedisServer
  let talker: RedisConnection
  let held: InstrumentId[]
  let ticks: Tick[]
  let missed: Tick[]
  let gaps: [string, string][]
  let places: Readonly<Record<string, string>>
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
    missed = []
    gaps = []
    places = {}
    changes = []
    now = TS
  })
  afterEach(async () => {
    feed?.close()
    feed = undefined
    for (const other of others.splice(0)) await other.close()
    await server.flush()
  })

  /** A feed that is connected and has run one sweep. */
  async function open(but: object = {}, to = server): Promise<RedisFeed> {
    const opened = await start(but, to)
    for (const connection of opened.connections.values()) await connection.ready(30_000)
    await sweep()
    return opened
  }

  async function start(but: object = {}, to = server): Promise<RedisFeed> {
    const config = redisFeedSchema.parse({ url: to.url, ...but })
    feed = await RedisFeed.open({
      config,
      held: () => held,
      places,
      oldMs: 30_000,
      onTick: (tick: Tick) => void ticks.push(tick),
      onMissed: (tick: Tick) => void missed.push(tick),
      onGap: ({ stream, why }) => void gaps.push([stream, why]),
      clock: { now: () => now, monotonic: () => now - TS },
      onCommand: () => undefined,
      onChange: (use, error) => void changes.push([use, error?.code]),
    })
    return feed
  }

  async function sweep(): Promise<void> {
    feed!.sweep()
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

  it('counts messages that are no prices by kind, and delivers none of them', async () => {
    const { intake } = await open()
    for (const text of ['x', `${TS}|ACME|NaN`, `{"instrument":"ACME","price":1}`]) {
      await publish('ticks', text)
    }
    await publish('ticks', `${TS}|ACME|1`)
    await until(() => ticks.length > 0)
    expect(prices()).to.deep.equal([['ACME', 1]])
    expect(intake.messages.pubsub).to.equal(4)
    expect([...intake.malformed]).to.deep.equal([
      ['syntax', 1],
      ['price', 1],
      ['time', 1],
    ])
    expect(intake.samples.get('price')).to.equal(`${TS}|ACME|NaN`)
  })

  it('treats a change of a hash under an unchanged time as news, and the same values as none', async () => {
    held = [ACME]
    await hset('tick:ACME', { ts: TS, ltp: 100, bid: 99 })
    await open({ push: 'none' })
    await sweep()
    await hset('tick:ACME', { bid: 80 })
    await sweep()
    await hset('tick:ACME', { ts: TS - 5_000, ltp: 90 })
    await sweep()
    expect(ticks.map(({ price, bid }) => [price, bid])).to.deep.equal([
      [100, 99],
      [100, 80],
      [90, 80],
    ])
  })

  it('treats a later value as news after one whose time was ahead', async () => {
    held = [ACME]
    await hset('tick:ACME', { ts: TS + 19_800_000, ltp: 100 })
    await open({ push: 'none' })
    await sweep()
    await hset('tick:ACME', { ts: TS, ltp: 90 })
    await sweep()
    expect(prices()).to.deep.equal([
      ['ACME', 100],
      ['ACME', 90],
    ])
  })

  it('counts a hash without ltp, and a key of another type', async () => {
    held = [ACME, GOLD]
    await hset('tick:ACME', { ts: TS })
    await talker.run(client => client.set('tick:GOLD', '1'))
    const { intake } = await open({ push: 'none' })
    expect([...intake.malformed]).to.deep.equal([
      ['price', 1],
      ['type', 1],
    ])
    expect(prices()).to.deep.equal([])
    await talker.run(client => client.del('tick:ACME', 'tick:GOLD'))
    await sweep()
    expect(intake.messages.hash).to.equal(2)
  })

  it('subscribes to the channels of held instruments, as positions open and close', async () => {
    await open({ channel: 'px:<instrument>:v1' })
    held = [ACME, GOLD]
    await sweep()
    await publish('px:GOLD:v1', `{"ts":${TS},"price":7}`)
    await publish('px:ACME:v1', `${TS}|GOLD|8`)
    await publish('px:ACME:v1', `${TS}||9`)
    await until(() => ticks.length === 2)
    expect(prices()).to.deep.equal([
      ['GOLD', 7],
      ['ACME', 9],
    ])
    held = [GOLD]
    await sweep()
    expect(await subscribers('px:ACME:v1')).to.equal(0)
    expect(await subscribers('px:GOLD:v1')).to.equal(1)
    held = []
    await sweep()
    expect(await subscribers('px:GOLD:v1')).to.equal(0)
  })

  it('reads the hash only of quiet instruments, and treats no older value as news', async () => {
    held = [ACME, GOLD]
    await open({ pullAfterMs: 2_000 })
    await hset('tick:ACME', { ltp: 1, ts: TS - 1 })
    await hset('tick:GOLD', { ltp: '2.5', ts: TS - 1, bid: 2, ask: 3 })
    await publish('ticks', `${TS}|ACME|10`)
    await until(() => ticks.length === 1)
    now += 2_000
    await sweep()
    expect(ticks.slice(1)).to.deep.equal([
      { instrument: GOLD, price: 2.5, ts: TS - 1, bid: 2, ask: 3 },
    ])
    // Nothing was pushed since; the hash is older than what was pushed.
    now += 2_000
    await sweep()
    expect(ticks).to.have.length(2)
    await hset('tick:ACME', { ltp: 11, ts: TS + 1 })
    await sweep()
    expect(prices().at(-1)).to.deep.equal(['ACME', 11])
  })

  it('subscribes again after an outage, and reads the last values once', async () => {
    const other = await mortal({ appendonly: true })
    const { connections } = await open({}, other)
    // It is there as soon as the server is: the feed may be connected again before any other client.
    await other.ask(['hset', 'tick:ACME', 'ltp', 5, 'ts', TS])
    const lost = [...connections.values()].map(({ client }) => closed(client))
    await other.stop()
    await Promise.all(lost)
    await other.startAgain()
    await until(() => ticks.length > 0)
    expect(prices()).to.deep.equal([['ACME', 5]])
    await until(async () => (await other.ask(['publish', 'ticks', 'x'])) === 1)
    await other.ask(['publish', 'ticks', `${TS}|ACME|6`])
    await until(() => ticks.length > 1)
    expect(prices()).to.deep.equal([
      ['ACME', 5],
      ['ACME', 6],
    ])
    expect(changes.filter(([use]) => use === 'feed-push').map(([, code]) => code)).to.deep.equal([
      undefined,
      'REDIS_UNAVAILABLE',
      undefined,
    ])
  })

  it('reports why it gets no prices: wrong password, commands that are not allowed', async () => {
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
    await sweep()
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
    await until(async () => {
      now += 2_000
      await sweep()
      return ticks.some(({ price }) => price === 3)
    })
    await publish('ticks', `${TS + 1}|ACME|9`)
    await until(() => ticks.some(({ price }) => price === 9))
    filler.close()
  })

  it('stops asking a server that is too slow, and asks again', async () => {
    const other = await mortal()
    await open({ commandTimeoutMs: 100, pingMs: 600_000, push: 'none' }, other)
    const { outcomes } = feed!.connections.get('feed-pull')!
    const busy = other.ask(['debug', 'sleep', 2])
    await until(async () => {
      await sweep()
      return outcomes.refused > 0
    })
    expect(outcomes.timeout).to.equal(5)
    expect(feed!.troubles().map(([use, { code }]) => [use, code])).to.deep.equal([
      ['feed-pull', 'REDIS_REFUSED'],
    ])
    await busy
    await other.ask(['hset', 'tick:ACME', 'ltp', 3, 'ts', TS])
    await until(async () => {
      now += 1_000
      await sweep()
      return ticks.length > 0
    })
    expect(feed!.troubles()).to.deep.equal([])
  })

  it('finds nothing where everything was deleted, and later entries after that', async () => {
    const { intake } = await open({ push: 'none' })
    await hset('tick:ACME', { ltp: 3, ts: TS })
    await sweep()
    await server.flush()
    await sweep()
    await hset('tick:ACME', { ltp: 4, ts: TS + 1 })
    await sweep()
    expect(prices().map(([, price]) => price)).to.deep.equal([3, 4])
    expect(intake.malformed.size).to.equal(0)
  })

  it('gives up a server that hangs, and continues when it recovers', async () => {
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

  describe('with a stream', () => {
    const xadd = (key: string, id: string, ...fields: string[]): Promise<unknown> =>
      talker.run(client => client.xadd(key, id, ...fields))
    const reads = async (): Promise<void> => until(() => feed!.place() !== undefined && hasBegun())
    const hasBegun = (): boolean => Object.keys(feed!.place()!).length > 0
    const entry = (price: number, ts = TS): string[] => [
      'instrument',
      'ACME',
      'ts',
      String(ts),
      'price',
      String(price),
    ]

    it('begins with the next entry, with named fields or a message in one field', async () => {
      // By the clock of the feed: the server's own clock goes on while other tests run.
      const id = (count: number): string => `${TS + count}-0`
      await xadd('ticks', id(0), ...entry(1))
      await open({ push: 'stream' })
      await reads()
      await xadd('ticks', id(1), ...entry(2))
      await xadd('ticks', id(2), 'tick', `${TS}|ACME|3`)
      await xadd('ticks', id(3), 'json', `{"instrument":"ACME","ts":${TS},"price":4}`)
      const later = TS + 30_000
      await xadd('ticks', `${later}-1`, 'instrument', 'ACME', 'ltp', '5')
      await until(() => ticks.length === 4)
      expect(prices().map(([, price]) => price)).to.deep.equal([2, 3, 4, 5])
      expect(ticks.at(-1)!.ts).to.equal(later)
      expect(gaps).to.deep.equal([])
    })

    it('counts an entry that is no price, and reads on after it', async () => {
      const { intake } = await open({ push: 'stream' })
      await reads()
      await xadd('ticks', '*', 'x', 'y')
      await xadd('ticks', '*', ...entry(NaN))
      await xadd('ticks', '*', ...entry(1, 17))
      await xadd('ticks', '*', ...entry(2))
      await until(() => ticks.length === 1)
      expect([...intake.malformed]).to.deep.equal([
        ['syntax', 1],
        ['price', 1],
        ['time', 1],
      ])
    })

    it('continues where the last process stopped, and marks missed entries', async () => {
      places = { ticks: `${TS - 5_000}-0` }
      for (const age of [9_000, 5_000, 4_000, 3_000]) {
        await xadd('ticks', `${TS - age}-0`, ...entry(age, TS - age))
      }
      await xadd('ticks', `${TS}-0`, ...entry(1))
      await open({ push: 'stream' })
      await until(() => ticks.length === 1)
      expect(missed.map(({ price }) => price)).to.deep.equal([4_000, 3_000])
      expect(feed!.place()).to.deep.equal({ ticks: `${TS}-0` })
      expect(gaps).to.deep.equal([])
    })

    it('misses no entry of an outage that the stream outlives', async () => {
      const other = await mortal({ appendonly: true, settings: { appendfsync: 'always' } })
      await open({ push: 'stream' }, other)
      await reads()
      const { client } = feed!.connections.get('feed-push')!
      const lost = closed(client)
      await other.ask(['client', 'kill', 'type', 'normal'])
      await lost
      for (let price = 1; price <= 50; price++)
        await other.ask(['xadd', 'ticks', '*', ...entry(price)])
      await other.stop()
      await other.startAgain()
      await other.ask(['xadd', 'ticks', '*', ...entry(51)])
      await until(() => ticks.length >= 51)
      expect(prices().map(([, price]) => price)).to.deep.equal(
        Array.from({ length: 51 }, (_, index) => index + 1),
      )
    })

    it('reads all of a stream that was created anew: after a flush, on an empty server', async () => {
      const other = await mortal()
      await open({ push: 'stream' }, other)
      await reads()
      await other.ask(['xadd', 'ticks', '*', ...entry(1)])
      await until(() => ticks.length === 1)
      await other.flush()
      await other.ask(['xadd', 'ticks', '*', ...entry(2)])
      await until(() => ticks.length === 2)
      const lost = closed(feed!.connections.get('feed-push')!.client)
      await other.stop()
      await lost
      await other.startAgain()
      await other.ask(['xadd', 'ticks', '*', ...entry(3)])
      await until(() => ticks.length === 3)
      expect(gaps.filter(([, why]) => why !== 'trimmed before it was read')).to.deep.equal([])
    })

    it('reads a stream for each held instrument, in the order of their entries', async () => {
      held = [ACME, GOLD]
      places = { 'px:ACME': '0-1', 'px:GOLD': '0-1' }
      for (let n = 0; n < 6; n++) {
        const key = n % 2 === 0 ? 'px:ACME' : 'px:GOLD'
        await xadd(key, `${TS}-${n}`, 'ts', String(TS), 'price', String(n + 1))
      }
      await open({ push: 'stream', stream: 'px:<instrument>' })
      await until(() => ticks.length === 6)
      expect(prices().map(([, price]) => price)).to.deep.equal([1, 2, 3, 4, 5, 6])
      held = [GOLD]
      await sweep()
      expect(Object.keys(feed!.place()!)).to.deep.equal(['px:GOLD'])
    })

    it('skips a key of another type, and reads the others', async () => {
      held = [ACME, GOLD]
      await talker.run(client => client.set('px:ACME', 'x'))
      const { intake } = await open({ push: 'stream', stream: 'px:<instrument>' })
      await reads()
      await xadd('px:GOLD', '*', 'ts', String(TS), 'price', '1')
      await until(() => ticks.length === 1)
      expect(intake.malformed.get('type')).to.be.at.least(1)
      await talker.run(client => client.del('px:GOLD'))
      await talker.run(client => client.set('px:GOLD', 'x'))
      await until(() => (intake.malformed.get('type') ?? 0) >= 2)
      await talker.run(client => client.del('px:GOLD', 'px:ACME'))
      await until(async () => {
        await sweep()
        await xadd('px:ACME', '*', 'ts', String(TS), 'price', '2')
        return prices().some(([name]) => name === 'ACME')
      })
    })

    it('reports entries that it will never read: too old, trimmed, another stream', async () => {
      held = [ACME, GOLD]
      places = { 'px:ACME': `${TS - 7_200_000}-0`, 'px:GOLD': `${TS - 60_000}-7` }
      await xadd('px:ACME', `${TS - 7_000_000}-0`, 'price', '1')
      await xadd('px:ACME', `${TS}-0`, 'price', '2')
      await xadd('px:GOLD', `${TS - 50_000}-0`, 'price', '3')
      await open({ push: 'stream', stream: 'px:<instrument>' })
      await until(() => ticks.length + missed.length === 2)
      expect(prices()).to.deep.equal([['ACME', 2]])
      expect(gaps).to.deep.equal([
        ['px:ACME', 'longer ago than replayMs'],
        ['px:GOLD', 'trimmed before it was read'],
      ])
      feed!.close()
      places = { 'px:ACME': `${TS + 1}-0` }
      held = [ACME]
      await open({ push: 'stream', stream: 'px:<instrument>' })
      await until(() => gaps.length === 3)
      expect(gaps.at(-1)).to.deep.equal(['px:ACME', 'the stream is another one'])
    })

    it('reports entries that were trimmed while it was connected, before it read them', async () => {
      await open({ push: 'stream' })
      await reads()
      const many = talker.client.multi()
      for (let n = 0; n < 50; n++) many.xadd('ticks', 'MAXLEN', 5, '*', ...entry(n + 1))
      await many.exec()
      await until(() => ticks.length === 5)
      await until(async () => {
        await xadd('ticks', '*', ...entry(7))
        return gaps.length > 0
      })
      expect(gaps).to.deep.equal([['ticks', '45 entries were trimmed before they were read']])
    })

    it('reads a bounded number of entries again, and then only those that may still decide', async () => {
      places = { ticks: `${TS - 100_000}-0` }
      const pipeline = talker.client.pipeline().xadd('ticks', places['ticks']!, ...entry(1))
      for (let n = 0; n < 3_000; n++) {
        pipeline.xadd('ticks', `${TS - 90_000 + n}-0`, ...entry(n + 1, TS - 90_000 + n))
      }
      pipeline.xadd('ticks', `${TS}-0`, ...entry(7))
      await pipeline.exec()
      await open({ push: 'stream', replayEntries: 1_500 })
      await until(() => ticks.length === 1)
      expect(missed).to.have.length(2_000)
      expect(gaps).to.deep.equal([['ticks', 'more entries than replayEntries']])
    })

    it('takes no last value before older entries', async () => {
      await hset('tick:ACME', { ltp: 9, ts: TS })
      places = { ticks: '0-1' }
      const pipeline = talker.client.pipeline()
      for (let n = 1; n <= 2_500; n++) {
        pipeline.xadd('ticks', `${TS - 20_000}-${n}`, ...entry(n, TS - 20_000))
      }
      await pipeline.exec()
      await open({ push: 'stream' })
      await until(async () => {
        now += 2_000
        await sweep()
        return ticks.length > 0
      })
      expect(missed).to.have.length(2_500)
      expect(prices()).to.deep.equal([['ACME', 9]])
    })
  })
})
