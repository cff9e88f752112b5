import type { Account } from '../account/account.ts'
import { textOf } from '../account/journal-line.ts'
import { within } from '../actors/deadline.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import { instrumentsHeld, instrumentsToPoll } from '../engine/held-instruments.ts'
import { PollFeed } from '../feeds/poll.ts'
import { SIMULATED_MARKET, simulatedFeed } from '../feeds/simulated.ts'
import type { Trouble } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import type { RedisFacts } from '../observability/metrics/facts.ts'
import type { Clock } from '../ports/clock.ts'
import { NO_REDIS } from '../views/redis-view.ts'
import { pluginFeed } from './plugins.ts'
import { RedisPrices } from './redis-prices.ts'

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
  Partial<Pick<Prices, 'troubles' | 'redisFacts'>>

/** Opens the configured feed. */
export function openPrices(options: PricesOptions): Prices {
  const { config, system, clock, lets } = options
  const onTick = (tick: Tick): void => {
    if (lets(tick)) system.tick(tick)
  }
  const source = sourceOf(options, onTick)
  const pollFeed = new PollFeed({
    ask: instruments => system.quotes(instruments),
    wanted: () =>
      source === undefined
        ? instrumentsHeld(system.engine.roster)
        : instrumentsToPoll(system.engine.roster, clock.now()),
    onTick,
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
      return config.feed.kind === 'poll' ? unanswered(system, instruments) : []
    },
    troubles: () => source?.troubles?.() ?? [],
    redisFacts: () => source?.redisFacts?.() ?? NO_REDIS,
  }
}

/** Undefined where the broker's quotes are all there is. */
function sourceOf(
  { config, system, clock, performance, lets }: PricesOptions,
  onTick: (tick: Tick) => void,
): Source | undefined {
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
  system: Account,
  instruments: readonly InstrumentId[],
): Promise<readonly InstrumentId[]> {
  let missing: readonly InstrumentId[] = []
  const take = (ticks: readonly Tick[]): void => {
    const given = new Set(ticks.map(({ instrument }) => instrument))
    missing = instruments.filter(each => !given.has(each))
  }
  // The polls report a broker that fails.
  const asked = system.quotes(instruments).then(take, () => undefined)
  await within(FIRST_ANSWERS_MS, asked)
  return missing
}
