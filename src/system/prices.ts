import type { ServiceConfig } from '../config/schema.ts'
import type { Tick } from '../domain/tick.ts'
import { WatchkeeperError } from '../errors.ts'
import { PollFeed } from '../feeds/poll.ts'
import { simulatedFeed, type SimulatedFeed } from '../feeds/simulated.ts'
import type { Clock } from '../ports/clock.ts'
import { textOf } from './lines.ts'
import type { LiveSystem } from './live.ts'

/** Where a service gets its prices from: what is pushed, and polls for what is not. */
export interface Prices {
  start(): void
  /** Once a cycle: asks for the prices that are missing or stale. */
  cycle(): void
  stop(): void
}

export interface PricesOptions {
  readonly config: Pick<ServiceConfig, 'feed' | 'broker' | 'mode'>
  readonly system: LiveSystem
  readonly clock: Clock
  /** Whether a tick may pass; chaos holds some back. */
  lets(tick: Tick): boolean
}

/** Throws SIMULATED_PRICES where a real account would be exited at invented prices. */
export function assertRealPrices({ feed, broker, mode }: PricesOptions['config']): void {
  if (feed.kind !== 'simulated' || broker.kind === 'paper' || mode === 'observe') return
  if (feed.acceptSimulated) return
  const text = 'the feed is simulated and the broker is not: expected feed.kind: poll'
  throw new WatchkeeperError('SIMULATED_PRICES', text)
}

/** Opens the configured feed. */
export function openPrices({ config, system, clock, lets }: PricesOptions): Prices {
  const { feed } = config
  const onTick = (tick: Tick): void => {
    if (lets(tick)) system.tick(tick)
  }
  const pushed: SimulatedFeed | undefined =
    feed.kind === 'simulated'
      ? simulatedFeed({
          ...{ seed: feed.seed, intervalMs: feed.intervalMs },
          now: () => clock.now(),
          onTick,
        })
      : undefined
  const poll = new PollFeed({
    ask: instruments => system.quotes(instruments),
    wanted: () => (pushed === undefined ? system.instrumentsHeld() : system.instrumentsToPoll()),
    onTick,
    onTrouble: error => {
      const detail = error === undefined ? {} : { error: textOf(error) }
      system.tell(error === undefined ? 'polls-recovered' : 'polls-failing', detail)
    },
  })
  let askAt = -Infinity
  return {
    start: () => pushed?.start(),
    cycle() {
      const now = clock.monotonic()
      if (now < askAt) return
      askAt = now + feed.pollMs
      poll.look()
    },
    stop: () => pushed?.stop(),
  }
}
