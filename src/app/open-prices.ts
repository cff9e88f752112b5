import type { Account } from '../account/account.ts'
import { textOf } from '../account/journal-line.ts'
import { within } from '../actors/deadline.ts'
import type { VenuePlace } from '../brokers/venue/public.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import { instrumentsHeld, instrumentsToPoll } from '../engine/held-instruments.ts'
import { PollFeed } from '../feeds/poll.ts'
import { SIMULATED_MARKET, simulatedFeed } from '../feeds/simulated.ts'
import type { Trouble } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import type { RedisFacts, StreamFacts } from '../observability/metrics/facts.ts'
import type { Clock } from '../ports/clock.ts'
import { NO_REDIS } from '../views/redis-view.ts'
import { publicVenueOf, type PublicVenue } from './open-broker.ts'
import { pluginFeed } from './plugins.ts'
import { RedisPrices } from './redis-prices.ts'
import { NO_STREAMS, VenuePrices } from './venue-prices.ts'
import { isVenue } from './venue-start.ts'

/** Where a service gets its prices from: what is pushed, and polls for what is not. */
export interface Prices {
  /** Does not wait for a server; throws where a secret cannot be read. */
  start(): Promise<void>
  /** Once a cycle: asks for the prices that are missing or stale. */
  cycle(): void
  stop(): void
  /** Those of the instruments that the feed is known not to give. Does not wait for long. */
  missing(instruments: readonly InstrumentId[]): Promise<readonly InstrumentId[]>
  /** What a person should know of the servers that prices come from. */
  troubles(): readonly Trouble[]
  redisFacts(): RedisFacts
  /** What is wrong with the streams of a venue; undefined where none is used. */
  streamTroubles(): readonly Trouble[] | undefined
  streamFacts(): StreamFacts
}

export interface PricesOptions {
  readonly config: Pick<ServiceConfig, 'feed' | 'broker' | 'mode' | 'health'>
  readonly system: Account
  readonly clock: Clock
  readonly performance: Meters
  /** Whether a tick may pass; chaos holds some back. */
  lets(tick: Tick): boolean
}

/** What pushes prices, or reads them where they lie. */
type Source = Pick<Prices, 'start' | 'cycle' | 'stop'> &
  Partial<Pick<Prices, 'troubles' | 'redisFacts'>> & { readonly ofVenue?: VenuePrices }

/** Opens the configured feed. */
export function openPrices(options: PricesOptions): Prices {
  const { config, system, clock, lets } = options
  const onTick = (tick: Tick): void => {
    if (lets(tick)) system.tick(tick)
  }
  const source = sourceOf(options, onTick)
  const ofVenue = source?.ofVenue
  const ask = ofVenue?.ask ?? (instruments => system.quotes(instruments))
  const pollFeed = new PollFeed({
    ask,
    wanted: () => toPoll(source, { system, clock }),
    onTick: tick => (ofVenue === undefined ? onTick(tick) : ofVenue.polled(tick)),
    now: () => clock.now(),
    onTrouble: error => {
      const detail = error === undefined ? {} : { error: textOf(error) }
      system.note(error === undefined ? 'polls-recovered' : 'polls-failing', detail)
    },
  })
  let askAt = -Infinity
  return {
    start: async () => source?.start(),
    cycle() {
      source?.cycle()
      const now = clock.monotonic()
      if (now < askAt) return
      askAt = now + config.feed.pollMs
      pollFeed.poll()
    },
    stop: () => source?.stop(),
    missing: async instruments => {
      if (config.feed.kind === 'simulated') {
        for (const { instrument } of SIMULATED_MARKET) system.missingPrices.heard(instrument)
        const given = new Set(SIMULATED_MARKET.map(({ instrument }) => instrument))
        return instruments.filter(each => !given.has(each))
      }
      return source === undefined || ofVenue !== undefined ? unanswered(ask, instruments) : []
    },
    troubles: () => source?.troubles?.() ?? [],
    redisFacts: () => source?.redisFacts?.() ?? NO_REDIS,
    streamTroubles: () => ofVenue?.troubles(),
    streamFacts: () => ofVenue?.facts() ?? NO_STREAMS,
  }
}

/** The instruments whose prices are polled: those that nothing pushes, and those that rules ask for. */
function* toPoll(
  source: Source | undefined,
  { system, clock }: Pick<PricesOptions, 'system' | 'clock'>,
): Iterable<InstrumentId> {
  const { roster } = system.engine
  if (source === undefined) yield* instrumentsHeld(roster)
  else {
    if (source.ofVenue !== undefined) yield* source.ofVenue.unpushed()
    yield* instrumentsToPoll(roster, clock.now())
  }
}

/** Undefined where the broker's quotes are all there is. */
function sourceOf(options: PricesOptions, onTick: (tick: Tick) => void): Source | undefined {
  const { config, system, clock, performance, lets } = options
  const { feed } = config
  switch (feed.kind) {
    case 'simulated': {
      const { seed, intervalMs } = feed
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
        system,
        clock,
        performance,
        onTick,
        oldMs: oldMsOf(config)!,
        onMissed: tick => {
          if (lets(tick)) system.missed(tick)
        },
      })
    case 'plugin':
      return pluginFeed(feed.plugin!, {
        clock,
        onTick,
        wanted: () => [...instrumentsHeld(system.engine.roster)],
        onOddity: () => performance.count('errors.feed-odd-tick'),
      })
    case 'poll':
      return undefined
    case 'broker':
      return isVenue(config.broker) ? venuePrices(options, config.broker, onTick) : undefined
    case 'venue':
      return venuePrices(options, feed.venue!, onTick, publicVenueOf(feed.venue!))
  }
}

/** Streams of a venue; polls go to `venue`, or to the broker of the account. */
function venuePrices(
  { config, system, clock }: PricesOptions,
  place: VenuePlace,
  onTick: (tick: Tick) => void,
  venue?: PublicVenue,
): Source {
  const { heartbeatMs, pollAfterMs } = config.feed
  const ofVenue = new VenuePrices({
    place,
    feed: { heartbeatMs, pollAfterMs },
    system,
    clock,
    held: () => instrumentsHeld(system.engine.roster),
    onTick,
    venue,
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

/** Longest wait for the first answers of a broker that is asked for prices, ms. */
const FIRST_ANSWERS_MS = 2_000

/** The instruments that a broker which answers says nothing of; none where it fails or takes long. */
async function unanswered(
  ask: (instruments: readonly InstrumentId[]) => Promise<readonly Tick[]>,
  instruments: readonly InstrumentId[],
): Promise<readonly InstrumentId[]> {
  let missing: readonly InstrumentId[] = []
  const take = (ticks: readonly Tick[]): void => {
    const given = new Set(ticks.map(({ instrument }) => instrument))
    missing = instruments.filter(each => !given.has(each))
  }
  // The polls report a broker that fails.
  const asked = ask(instruments).then(take, () => undefined)
  await within(FIRST_ANSWERS_MS, asked)
  return missing
}
