import { machineTimers } from '../../src/app/machine-timers.ts'
import { NO_STREAMS } from '../../src/app/venue-prices.ts'
import { CallDesk } from '../../src/calls/call-desk.ts'
import { Meters } from '../../src/observability/meters.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { metricFacts } from '../../src/views/metric-facts.ts'
import { NO_REDIS } from '../../src/views/redis-view.ts'
import type { LiveRig } from './live-rig.ts'

const clock = { now: () => Date.now(), monotonic: () => performance.now() }

const EXITABLE = {
  counts: () => ({ yes: 0, no: 0, unknown: 0 }),
  credentialsEndAt: undefined,
  layers: {
    counts: { both: 0, ours: 0, venue: 0, none: 0 },
    nets: () => ({ resting: 0, missing: 0, unproved: 0, orphan: 0 }),
    venueMs: 0,
  },
}

const NOTICES = {
  commands: [],
  channels: [],
  delivered: 0,
  failed: 0,
  leftOut: 0,
  waiting: 0,
  beats: 0,
  missedBeats: 0,
}

const aDesk = (): CallDesk =>
  new CallDesk({
    limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'] }],
    breakers: {
      orders: breakerOptions.parse({}),
      account: breakerOptions.parse({}),
      quotes: breakerOptions.parse({}),
    },
    throttle: throttleOptions.parse({}),
    laneBound: 1_000,
    callTimeoutMs: 1_000,
    ...clock,
    timers: machineTimers,
    random: Math.random,
    load: () => ({ averageCycleMs: 0, loopDelayMs: 0, errors: 0 }),
  })

/** Scrapes of a rig as the service makes them, measured by `measured`, or by meters of their own. */
export function scraper({ account }: LiveRig, measured?: Meters) {
  const meters = measured ?? new Meters(clock)
  const desk = aDesk()
  const store = { place: 'bench', isOurs: true, risks: [], outages: 0, losses: 0 }
  return {
    async scrape(): Promise<string> {
      const now = clock.now()
      const scraped = {
        account,
        desk,
        countsTicks: true,
        store,
        performance: meters,
        notices: NOTICES,
        exitable: EXITABLE,
      }
      const facts = await metricFacts(
        { ...scraped, monotonicMs: clock.monotonic() },
        {
          version: 'bench',
          startedAt: now,
          now,
          health: 'pass',
          healthAt: now,
          redis: NO_REDIS,
          streams: NO_STREAMS,
          advisors: [],
          brokerClockMs: undefined,
        },
      )
      return meters.board.scrape(facts, 'openmetrics')
    },
    end(): void {
      if (measured === undefined) meters.stop()
    },
  }
}
