import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { instrumentsHeld } from '../../src/engine/held-instruments.ts'
import { RedisFeed, type RedisFeedOptions } from '../../src/feeds/redis.ts'
import { redisFeedSchema } from '../../src/feeds/redis/options.ts'
import type { RedisConnection } from '../../src/redis/connection.ts'
import { aPosition } from '../support/builders.ts'
import { RedisServer } from '../support/redis-server.ts'
import { addAll, liveRig, spread, type LiveRig } from './live-rig.ts'
import { figure, interleaved, median, perSecond, type Figure } from './report.ts'

const POSITIONS = 10_000
const INSTRUMENTS = 500
const MESSAGES = 200_000
const AT_ONCE = 20_000
const HASHES = 10_000
const ROUNDS = 5
/** A busy machine must not make a connection give up. */
const PATIENT = { commandTimeoutMs: 60_000, pingMs: 600_000 }

const instrumentOf = (index: number) => instrumentId(`I${index % INSTRUMENTS}`)

/** The server makes the messages itself, so that only the reader can be slow. */
const PUBLISH = `
  for i = 1, tonumber(ARGV[1]) do
    local price = 100 + (i % 100) / 100
    local text
    if ARGV[3] == 'json' then
      text = '{"instrument":"I' .. (i % 500) .. '","ts":' .. ARGV[2] .. ',"price":' .. price .. '}'
    else
      text = ARGV[2] .. '|I' .. (i % 500) .. '|' .. price
    end
    if ARGV[4] == 'stream' then
      redis.call('XADD', 'ticks', '*', 'tick', text)
    else
      redis.call('PUBLISH', 'ticks', text)
    end
  end`

const HASH = `
  for i = 0, tonumber(ARGV[1]) - 1 do
    redis.call('HSET', 'tick:H' .. i, 'ltp', 100 + i % 7, 'ts', ARGV[2], 'bid', 99, 'ask', 101)
  end`

/** What is measured, all against the same server. */
interface Surroundings {
  readonly server: RedisServer
  readonly talker: RedisConnection
  readonly rig: LiveRig
}

const ask = ({ talker }: Surroundings, script: string, ...args: (string | number)[]) =>
  talker.run(client => client.eval(script, 0, ...args))

async function publish(around: Surroundings, format: string, how = 'publish'): Promise<void> {
  for (let sent = 0; sent < MESSAGES; sent += AT_ONCE) {
    await ask(around, PUBLISH, AT_ONCE, Date.now(), format, how)
  }
}

/** Resolves once so many were counted. */
function counter(total: number): { readonly done: Promise<void>; one(): void } {
  let count = 0
  let resolve: () => void
  const done = new Promise<void>(each => (resolve = each))
  return {
    done,
    one() {
      if (++count === total) resolve()
    },
  }
}

const PARSERS = {
  bars(text: string) {
    const [ts, instrument, price] = text.split('|')
    return { instrument, ts: Number(ts), price: Number(price) }
  },
  json: (text: string) => JSON.parse(text) as { price: number },
} as const

/** A subscriber that only parses. */
async function bare(around: Surroundings, format: 'bars' | 'json'): Promise<number> {
  const connection = await around.server.connect(PATIENT)
  const { done, one } = counter(MESSAGES)
  const parse = PARSERS[format]
  connection.client.on('message', (_channel: string, text: string) => {
    if (parse(text).price > 0) one()
  })
  await connection.client.subscribe('ticks')
  const rate = await perSecond(async () => {
    await Promise.all([publish(around, format), done])
    return MESSAGES
  })
  connection.close()
  return rate
}

/** What a feed is opened with; `but` are its settings, and what differs. */
function optionsFor(
  server: RedisServer,
  { places = {}, ...but }: Record<string, unknown> & { places?: Record<string, string> },
  taking: Pick<RedisFeedOptions, 'held' | 'onTick' | 'onMissed'>,
): RedisFeedOptions {
  return {
    config: redisFeedSchema.parse({ url: server.url, ...PATIENT, ...but }),
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    ...taking,
    places,
    oldMs: 600_000,
    onCommand: () => undefined,
    onChange: () => undefined,
    onGap: () => undefined,
  }
}

/** Delivers all ticks to the trigger books, and counts them. */
const taking = ({ rig: { account } }: Surroundings, onTick: () => void) => ({
  held: () => instrumentsHeld(account.engine.registry),
  onTick(tick: Tick) {
    account.tick(tick)
    onTick()
  },
  onMissed(tick: Tick) {
    account.missed(tick)
    onTick()
  },
})

async function sweep(feed: RedisFeed): Promise<void> {
  for (const connection of feed.connections.values()) await connection.ready(10_000)
  feed.sweep()
  await feed.idle()
}

/** From the server through to the trigger book of 10,000 positions. */
async function through(around: Surroundings, format: 'bars' | 'json'): Promise<number> {
  const { done, one } = counter(MESSAGES)
  const feed = await RedisFeed.open(optionsFor(around.server, { hash: false }, taking(around, one)))
  await sweep(feed)
  const rate = await perSecond(async () => {
    await Promise.all([publish(around, format), done])
    return MESSAGES
  })
  feed.close()
  return rate
}

/** Reads the entries of a stream and only parses them. */
async function bareStream({ server }: Surroundings): Promise<number> {
  const connection = await server.connect(PATIENT)
  const rate = await perSecond(async () => {
    let [count, id] = [0, '0-0']
    while (count < MESSAGES) {
      const [[, entries]] = (await connection.client.xread(
        ...(['COUNT', 1_000, 'STREAMS', 'ticks', id] as const),
      )) as [[string, [string, string[]][]]]
      for (const [, fields] of entries) if (PARSERS.bars(fields[1]!).price > 0) count++
      id = entries.at(-1)![0]
    }
    return count
  })
  connection.close()
  return rate
}

async function throughStream(around: Surroundings): Promise<number> {
  const { done, one } = counter(MESSAGES)
  const but = { push: 'stream', hash: false, places: { ticks: '0-1' } }
  const feed = await RedisFeed.open(optionsFor(around.server, but, taking(around, one)))
  const rate = await perSecond(async () => {
    await sweep(feed)
    await done
    return MESSAGES
  })
  feed.close()
  return rate
}

/** One round over many hashes; also returns the longest time that the loop was blocked, ms. */
async function pull(around: Surroundings): Promise<[ms: number, heldMs: number]> {
  const held = Array.from({ length: HASHES }, (_, index) => instrumentId(`H${index}`))
  await ask(around, HASH, HASHES, Date.now())
  let count = 0
  const feed = await RedisFeed.open(
    optionsFor(
      around.server,
      { push: 'none' },
      { held: () => held, onTick: () => count++, onMissed: () => undefined },
    ),
  )
  for (const connection of feed.connections.values()) await connection.ready(10_000)
  let heldMs = 0
  let last = performance.now()
  const probe = setInterval(() => {
    heldMs = Math.max(heldMs, performance.now() - last)
    last = performance.now()
  })
  const from = performance.now()
  feed.sweep()
  await feed.idle()
  const ms = performance.now() - from
  clearInterval(probe)
  feed.close()
  if (count !== HASHES) throw new Error(`found ${count} prices, expected ${HASHES}`)
  return [ms, heldMs]
}

async function barePull({ server }: Surroundings): Promise<number> {
  const connection = await server.connect(PATIENT)
  const from = performance.now()
  const pipeline = connection.client.pipeline()
  for (let index = 0; index < HASHES; index++) {
    pipeline.hmget(`tick:H${index}`, 'ltp', 'ts', 'bid', 'ask')
  }
  await pipeline.exec()
  const ms = performance.now() - from
  connection.close()
  return ms
}

/** Prices from a real Redis on loopback. */
export async function redisFeed(): Promise<Figure[]> {
  const server = await RedisServer.start({
    // Here the reader is meant to fall behind.
    settings: { 'client-output-buffer-limit': 'pubsub 0 0 0' },
  })
  const talker = await server.connect(PATIENT)
  const rig = await liveRig()
  try {
    const positions = spread(POSITIONS, index =>
      aPosition({
        id: positionId(`p${index}`),
        instrument: instrumentOf(index),
        entryPrice: 100,
        openedAt: Date.now(),
      }),
    )
    await addAll(rig, positions)
    await rig.account.settled()
    const around = { server, talker, rig }
    const rates = await interleaved(ROUNDS, {
      bareBars: () => bare(around, 'bars'),
      bars: () => through(around, 'bars'),
      bareJson: () => bare(around, 'json'),
      json: () => through(around, 'json'),
    })
    await publish(around, 'bars', 'stream')
    const streams = await interleaved(3, {
      bare: () => bareStream(around),
      through: () => throughStream(around),
    })
    const held: number[] = []
    const pulls = await interleaved(ROUNDS, {
      through: async () => {
        const [ms, heldMs] = await pull(around)
        held.push(heldMs)
        return ms
      },
      bare: () => barePull(around),
    })
    const name = 'Redis → trigger book, 10,000 positions'
    return [
      figure(`${name}: Pub/Sub, bars`, 'ticks/s', rates.bars, rates.bareBars),
      figure(`${name}: Pub/Sub, JSON`, 'ticks/s', rates.json, rates.bareJson),
      figure(`${name}: stream`, 'ticks/s', streams.through, streams.bare),
      figure('Redis: pull of 10,000 hashes in one cycle', 'ms', pulls.through, pulls.bare),
      figure('Redis: longest hold of the loop by that, median of runs', 'ms', median(held)),
    ]
  } finally {
    talker.close()
    await rig.close()
    await server.close()
  }
}
