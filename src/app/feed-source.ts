import type { VenuePlace } from '../brokers/venue/public.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { Tick } from '../domain/tick.ts'
import { simulatedFeed } from '../feeds/simulated.ts'
import type { Trouble } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import type { RedisFacts } from '../observability/metrics/redis-facts.ts'
import type { Clock } from '../ports/clock.ts'
import type { FeedReader } from './feed-reader.ts'
import { publicVenueOf, type PublicVenue } from './open-broker.ts'
import { pluginFeed } from './plugins.ts'
import { RedisPrices } from './redis-prices.ts'
import type { SourceClock } from './source-clock.ts'
import { VenuePrices } from './venue-prices.ts'
import { isVenue } from './venue-start.ts'

/** An opened feed: it pushes prices, or reads them once a cycle. */
export interface Source {
  /** Does not wait for a server; throws where a secret cannot be read. */
  start(): Promise<void>
  /** Once a cycle. */
  cycle(): void
  stop(): void
  /** What is wrong with the servers that prices come from. */
  troubles?(): readonly Trouble[]
  redisFacts?(): RedisFacts
  /** What belongs to streams of a venue alone; absent for any other feed. */
  readonly ofVenue?: VenueSource
}

/** Streams of a venue as polls, health and metrics use them. */
export type VenueSource = Pick<
  VenuePrices,
  'ask' | 'polled' | 'unpushed' | 'times' | 'troubles' | 'facts'
>

export interface SourceDeps {
  readonly config: Pick<ServiceConfig, 'feed' | 'health'>
  /** The broker of the account, for a feed that is its broker's. */
  readonly broker?: ServiceConfig['broker'] | undefined
  /** The clock of that broker. */
  readonly brokerClock?: SourceClock | undefined
  readonly clock: Clock
  readonly performance: Meters
  readonly reader: FeedReader
}

/** Opens a configured feed; undefined: prices are polled from the broker alone. */
export function sourceOf(deps: SourceDeps): Source | undefined {
  const { config, broker, clock, performance, reader } = deps
  const { feed } = config
  switch (feed.kind) {
    case 'simulated': {
      const { seed, intervalMs } = feed
      const onTick = (tick: Tick): void => reader.onTick(tick)
      const simulated = simulatedFeed({ seed, intervalMs, now: () => clock.now(), onTick })
      return {
        start: async () => simulated.start(),
        cycle: () => undefined,
        stop: () => simulated.stop(),
      }
    }
    case 'redis':
      return new RedisPrices({
        config: feed.redis!,
        reader,
        clock,
        performance,
        oldMs: oldMsOf(config)!,
      })
    case 'plugin':
      return pluginFeed(feed.plugin!, {
        clock,
        onTick: tick => reader.onTick(tick),
        wanted: () => [...reader.held()],
        onOddity: () => performance.count('errors.feed-odd-tick'),
      })
    case 'poll':
      return undefined
    case 'broker':
      return broker !== undefined && isVenue(broker) ? venueSource(deps, broker) : undefined
    case 'venue':
      return venueSource(deps, feed.venue!, publicVenueOf(feed.venue!, clock))
  }
}

/** Streams of a venue; polls go to `venue`, or to the broker of the account. */
function venueSource(
  { config, clock, brokerClock, reader }: SourceDeps,
  place: VenuePlace,
  venue?: PublicVenue,
): Source {
  const { heartbeatMs, pollAfterMs } = config.feed
  const ofVenue = new VenuePrices({
    place,
    feed: { heartbeatMs, pollAfterMs },
    reader,
    clock,
    venue,
    times: venue === undefined ? brokerClock : undefined,
  })
  return {
    ofVenue,
    start: () => ofVenue.start(),
    cycle: () => ofVenue.cycle(),
    stop: () => ofVenue.stop(),
  }
}

/**
 * Age, ms, from which a tick shows a price and exits no position; undefined: none. Redis and a broker
 * give the last price however old it is: it is never taken without a check of its age.
 */
export const oldMsOf = ({ feed, health }: Pick<ServiceConfig, 'feed' | 'health'>) =>
  feed.maxTickAgeMs ?? (feed.kind === 'simulated' ? undefined : health.staleMs)
