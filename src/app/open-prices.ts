import type { Account } from '../account/account.ts'
import { textOf } from '../account/journal-line.ts'
import { within } from '../actors/deadline.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { ClockReading } from '../domain/venue-facts.ts'
import { instrumentsHeld, instrumentsToPoll } from '../engine/held-instruments.ts'
import { PollFeed } from '../feeds/poll.ts'
import { SIMULATED_MARKET } from '../feeds/simulated.ts'
import type { Trouble } from '../observability/health.ts'
import type { StreamFacts } from '../observability/metrics/facts.ts'
import type { RedisFacts } from '../observability/metrics/redis-facts.ts'
import type { Clock } from '../ports/clock.ts'
import { mergedRedis, mergedStreams } from '../views/merged-feeds.ts'
import type { Source, VenueSource } from './feed-source.ts'
import type { Feeds, JoinedSources } from './feeds.ts'
import { SourceClock } from './source-clock.ts'

/** The prices of an account: pushed by its feeds, polled where nothing is pushed. */
export interface Prices {
  /** Does not wait for a server; throws where a secret cannot be read. */
  start(): Promise<void>
  /** Once a cycle: asks for the prices that are missing or stale. */
  cycle(): void
  stop(): void
  /** Those of the instruments that the feed is known not to price; waits at most `FIRST_ANSWERS_MS`. */
  missing(instruments: readonly InstrumentId[]): Promise<readonly InstrumentId[]>
  /** What is wrong with the servers that prices come from. */
  troubles(): readonly Trouble[]
  redisFacts(): RedisFacts
  /** What is wrong with the streams of venues; undefined where none is used. */
  streamTroubles(): readonly Trouble[] | undefined
  streamFacts(): StreamFacts
}

export interface PricesOptions {
  readonly config: Pick<ServiceConfig, 'feed' | 'broker'>
  readonly account: Account
  /** Name of the feed of the account. */
  readonly feed: string
  readonly feeds: Feeds
  readonly clock: Clock
  /** Whether a tick may pass; chaos holds some back. */
  lets(tick: Tick): boolean
  /** The last reading of the broker's clock. */
  brokerTime(): ClockReading | undefined
}

/** Opens the feed of an account, and those of its underlyings. */
export function openPrices(options: PricesOptions): Prices {
  const { config, clock } = options
  const brokerClock = new SourceClock(clock, () => options.brokerTime())
  const { own, foreign } = joined(options, brokerClock)
  const sources = own === undefined ? foreign : [own, ...foreign]
  const streams = sources.flatMap(({ ofVenue }) => ofVenue ?? [])
  const polls = [
    pollOf(options, own, own?.ofVenue?.times ?? brokerClock),
    ...foreign.flatMap(each =>
      each.ofVenue === undefined ? [] : [unpushedOf(options, each.ofVenue)],
    ),
  ]
  let askAt = -Infinity
  return {
    start: async () => {
      for (const each of sources) await each.start()
    },
    cycle() {
      brokerClock.cycle()
      for (const each of sources) each.cycle()
      const now = clock.monotonic()
      if (now < askAt) return
      askAt = now + config.feed.pollMs
      for (const each of polls) each.poll()
    },
    stop: () => {
      for (const each of sources) each.stop()
    },
    missing: given => missingIn(options, own, given),
    troubles: () => sources.flatMap(each => each.troubles?.() ?? []),
    redisFacts: () => mergedRedis(sources.flatMap(each => each.redisFacts?.() ?? [])),
    streamTroubles: () =>
      streams.length === 0 ? undefined : streams.flatMap(each => each.troubles()),
    streamFacts: () => mergedStreams(streams.map(each => each.facts())),
  }
}

/** The feeds of an account, which it reads from now on. */
function joined(
  { config, account, feed, feeds, lets }: PricesOptions,
  brokerClock: SourceClock,
): JoinedSources {
  return feeds.join({
    feed,
    broker: config.broker,
    brokerClock,
    way: account.tickPath,
    onTick: tick => {
      if (lets(tick)) account.tick(tick)
    },
    onMissed: tick => {
      if (lets(tick)) account.missed(tick)
    },
    held: () => instrumentsOf(account),
    note: (kind, detail) => account.note(kind, detail),
    checkpoint: {
      kept: account.state.feedPlace,
      follow: place => (account.checkpoint.place = place),
    },
  })
}

/** Polls of the feed of an account: what nothing pushes, and what rules ask for. `times`: the clock of who answers. */
function pollOf(options: PricesOptions, own: Source | undefined, times: SourceClock): PollFeed {
  const { account, lets } = options
  const ofVenue = own?.ofVenue
  return new PollFeed({
    ask: askOf(options, own),
    wanted: () => toPoll(options, own),
    onTick: tick => {
      if (ofVenue !== undefined) ofVenue.polled(tick)
      else if (lets(tick)) account.tick(times.own(tick))
    },
    now: () => times.now(),
    onTrouble: error => notePolls(account, error),
  })
}

/** Polls of what the streams of a venue that only underlyings are read from do not push. */
const unpushedOf = ({ account }: PricesOptions, ofVenue: VenueSource): PollFeed =>
  new PollFeed({
    ask: ofVenue.ask ?? (() => Promise.resolve([])),
    wanted: () => ofVenue.unpushed(),
    onTick: tick => ofVenue.polled(tick),
    now: () => ofVenue.times.now(),
    onTrouble: error => notePolls(account, error),
  })

function notePolls(account: Account, error: unknown): void {
  const detail = error === undefined ? {} : { error: textOf(error) }
  account.note(error === undefined ? 'polls-recovered' : 'polls-failing', detail)
}

/** Who answers polls of the feed of an account: the venue of its streams, or its broker. */
const askOf = ({ account }: PricesOptions, own: Source | undefined) =>
  own?.ofVenue?.ask ?? ((instruments: readonly InstrumentId[]) => account.quotes(instruments))

/** The instruments whose prices are read: those that decide, and those of positions without a monitor. */
function* instrumentsOf({ engine, state }: Account): Iterable<InstrumentId> {
  yield* instrumentsHeld(engine.registry)
  for (const { position } of state.positions.unwatched.values()) yield position.instrument
}

/** The instruments whose prices are polled: those that nothing pushes, and those that rules ask for. */
function* toPoll(
  { account, clock, feed, feeds }: PricesOptions,
  own: Source | undefined,
): Iterable<InstrumentId> {
  const { registry } = account.engine
  const isOwn = (name: InstrumentId): boolean => feeds.foreign(name, feed) === undefined
  if (own === undefined) {
    for (const name of instrumentsOf(account)) if (isOwn(name)) yield name
    return
  }
  if (own.ofVenue !== undefined) yield* own.ofVenue.unpushed()
  for (const name of instrumentsToPoll(registry, clock.now())) if (isOwn(name)) yield name
}

/** Those that a feed is known not to give; what it gives is known to the account from then on. */
async function missingIn(
  options: PricesOptions,
  own: Source | undefined,
  given: readonly InstrumentId[],
): Promise<readonly InstrumentId[]> {
  const { account, config, feed, feeds } = options
  const instruments = given.filter(name => feeds.foreign(name, feed) === undefined)
  if (config.feed.kind === 'simulated') {
    for (const { instrument } of SIMULATED_MARKET) account.missingPrices.list(instrument)
    const names = new Set(SIMULATED_MARKET.map(({ instrument }) => instrument))
    return instruments.filter(each => !names.has(each))
  }
  const isAsked = own === undefined || own.ofVenue !== undefined
  return isAsked ? unanswered(askOf(options, own), instruments) : []
}

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
