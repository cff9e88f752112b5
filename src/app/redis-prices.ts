import { z } from 'zod'
import { RedisFeed, type RedisUse } from '../feeds/redis.ts'
import { MALFORMED, type Malformed } from '../feeds/redis/message.ts'
import type { RedisFeedConfig } from '../feeds/redis/options.ts'
import type { Trouble } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import type { RedisFacts } from '../observability/metrics/redis-facts.ts'
import type { Clock } from '../ports/clock.ts'
import type { RedisError } from '../redis/errors.ts'
import { connectionFacts, NO_REDIS } from '../views/redis-view.ts'
import type { FeedReader } from './feed-reader.ts'

export interface RedisPricesOptions {
  readonly config: RedisFeedConfig
  readonly reader: FeedReader
  readonly clock: Clock
  readonly performance: Meters
  /** A tick that is older decides nothing, ms. */
  readonly oldMs: number
}

/** Time between two lines about messages that are no prices, for each kind, ms. */
const MALFORMED_LINE_MS = 60_000

/** The feed of a Redis server: counts its work, and journals its failures. */
export class RedisPrices {
  private readonly options: RedisPricesOptions
  private feed: RedisFeed | undefined
  /** Codes of what was journaled of a connection that is there, by its use. */
  private readonly refusals = new Map<RedisUse, string>()
  private readonly malformedNoted = new Map<Malformed, { count: number; at: number }>()

  constructor(options: RedisPricesOptions) {
    this.options = options
  }

  /** Begins to connect. Throws what reading the password's file throws. */
  async start(): Promise<void> {
    const { config, reader, clock, performance, oldMs } = this.options
    const places = placesOf(reader.checkpoint?.kept)
    const feed = await RedisFeed.open({
      config,
      clock,
      onTick: tick => reader.onTick(tick),
      onMissed: tick => reader.onMissed(tick),
      oldMs,
      places,
      onGap: gap => reader.note('feed-gap', { ...gap }),
      held: () => reader.held(),
      onCommand: (use, outcome, ms) => {
        performance.count('redisFetches')
        if (ms !== undefined) performance.redisTook(use, ms)
        if (outcome !== 'ok') performance.count(`errors.redis-${outcome}`)
      },
      onChange: (use, error) => {
        if (error === undefined) reader.note('redis-connected', { use })
        else reader.note('redis-lost', { use, ...detailOf(error) })
      },
    })
    this.feed = feed
    if (config.push === 'stream') reader.checkpoint?.follow(() => feed.place())
    feed.sweep()
  }

  /** Once a cycle. */
  cycle(): void {
    const { feed } = this
    if (feed === undefined) return
    feed.sweep()
    this.noteRefusals(feed)
    this.noteMalformed(feed)
  }

  stop(): void {
    this.feed?.close()
  }

  troubles(): Trouble[] {
    return (this.feed?.troubles() ?? []).map(([use, { code, message }]) => ({
      what: `${use}: ${code} ${message}`,
    }))
  }

  redisFacts(): RedisFacts {
    const { feed, options } = this
    if (feed === undefined) return NO_REDIS
    const { messages, malformed } = feed.intake
    return {
      connections: connectionFacts(feed.connections, options.clock.monotonic()),
      messages: { ...messages },
      malformed: Object.fromEntries(MALFORMED.map(kind => [kind, malformed.get(kind) ?? 0])),
    }
  }

  /** What a server refuses is journaled when it changes, not in each cycle. */
  private noteRefusals(feed: RedisFeed): void {
    const present = new Map(feed.refusals())
    for (const [use, error] of present) {
      if (this.refusals.get(use) === error.code) continue
      this.refusals.set(use, error.code)
      this.options.reader.note('redis-refused', { use, ...detailOf(error) })
    }
    for (const use of this.refusals.keys()) if (!present.has(use)) this.refusals.delete(use)
  }

  private noteMalformed({ intake }: RedisFeed): void {
    const at = this.options.clock.monotonic()
    for (const [kind, total] of intake.malformed) {
      const noted = this.malformedNoted.get(kind)
      const count = total - (noted?.count ?? 0)
      if (count === 0 || (noted !== undefined && at - noted.at < MALFORMED_LINE_MS)) continue
      this.malformedNoted.set(kind, { count: total, at })
      const sample = intake.samples.get(kind)
      this.options.reader.note('feed-malformed', { what: kind, count, sample })
    }
  }
}

const detailOf = ({ code, message }: RedisError): Readonly<Record<string, string>> => ({
  code,
  error: message,
})

/** What an earlier process has kept, if it was a place in streams. */
function placesOf(kept: unknown): Readonly<Record<string, string>> {
  const places = z.record(z.string(), z.string().regex(/^\d+-\d+$/)).safeParse(kept)
  return places.success ? places.data : {}
}
