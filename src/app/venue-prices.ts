import { quoteDialectsOf, type VenuePlace } from '../brokers/venue/public.ts'
import { ODD_MESSAGES, type OddMessage } from '../brokers/venue/stream/dialect.ts'
import { QuoteStream } from '../brokers/venue/stream/quotes.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { ClockReading } from '../domain/venue-facts.ts'
import { RateLimited } from '../errors.ts'
import type { Trouble } from '../observability/health.ts'
import type { StreamFacts } from '../observability/metrics/facts.ts'
import type { Clock } from '../ports/clock.ts'
import type { FeedReader } from './feed-reader.ts'
import { machineTimers } from './machine-timers.ts'
import type { PublicVenue } from './open-broker.ts'
import { SourceClock } from './source-clock.ts'

export interface VenuePricesDeps {
  readonly place: VenuePlace
  readonly feed: Pick<ServiceConfig['feed'], 'heartbeatMs' | 'pollAfterMs'>
  readonly reader: Pick<FeedReader, 'note' | 'held' | 'onTick'>
  readonly clock: Clock
  /** What answers polls; undefined: the broker of the account does. */
  readonly venue: PublicVenue | undefined
  /** The clock of the venue as the broker of the account reads it; undefined: `venue` is asked. */
  readonly times: SourceClock | undefined
}

/** Without a stream of a venue. */
export const NO_STREAMS: StreamFacts = { streams: [], messages: 0, oddities: {} }

const CONNECT_TIMEOUT_MS = 5_000
/** Longest wait for the answer to a poll at a venue without an account, ms. */
const POLL_TIMEOUT_MS = 5_000
/** How long polls rest where the venue limits them and does not say for how long, ms. */
const REST_MS = 60_000
/** Time between two readings of the clock of a venue without an account, ms; and after one that failed. */
const TIME_EVERY_MS = 600_000
const TIME_AGAIN_MS = 60_000
/** Polls in a row that found another price while the stream was silent, after which it counts as dead. */
const SILENT_POLLS = 3
/** Time between two lines about messages that prove nothing, for each kind, ms. */
const ODD_LINE_MS = 60_000

/** The quotes of a venue inside a service: streamed, and polled for what is not pushed. */
export class VenuePrices {
  private readonly deps: VenuePricesDeps
  private stream: QuoteStream | undefined
  private readonly reported = new Map<OddMessage, { count: number; at: number }>()
  /** Polls in a row that found another price, by instrument. */
  private readonly moved = new Map<InstrumentId, number>()
  private restUntil = -Infinity
  /** The clock of the venue. */
  readonly times: SourceClock
  private reading: ClockReading | undefined
  private timeAt = -Infinity

  constructor(deps: VenuePricesDeps) {
    this.deps = deps
    this.times = deps.times ?? new SourceClock(deps.clock, () => this.reading)
  }

  /** Begins to connect and does not wait for it. */
  async start(): Promise<void> {
    const { place, feed, clock, reader } = this.deps
    this.stream = new QuoteStream(
      {
        dialects: quoteDialectsOf(place),
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        heartbeatMs: feed.heartbeatMs,
        now: () => this.times.now(),
        onTick: tick => reader.onTick(this.times.own(tick)),
        onChange: (stream, error) => {
          const detail = { venue: place.kind, stream }
          if (error === undefined) reader.note('stream-connected', detail)
          else reader.note('stream-lost', { ...detail, error })
        },
      },
      { timers: machineTimers, monotonic: () => clock.monotonic(), random: Math.random },
    )
    this.cycle()
  }

  /** Once a cycle. */
  cycle(): void {
    this.readTime()
    this.times.cycle()
    this.stream?.follow(this.deps.reader.held())
    this.reportOddities()
  }

  stop(): void {
    this.stream?.close()
    void this.deps.venue?.close()
  }

  /** The held instruments about which nothing is pushed: they are polled. */
  *unpushed(): Iterable<InstrumentId> {
    for (const instrument of this.deps.reader.held()) {
      if (this.stream?.isPushed(instrument, this.deps.feed.pollAfterMs) !== true) yield instrument
      else this.moved.delete(instrument)
    }
  }

  /**
   * Asks the venue for last prices; for none where it asked callers to wait, and undefined where the broker of
   * the account answers polls.
   */
  get ask(): ((instruments: readonly InstrumentId[]) => Promise<readonly Tick[]>) | undefined {
    const { venue, clock } = this.deps
    if (venue === undefined) return undefined
    return async instruments => {
      if (clock.monotonic() < this.restUntil) return []
      try {
        return await venue.quotes(instruments, AbortSignal.timeout(POLL_TIMEOUT_MS))
      } catch (error) {
        if (error instanceof RateLimited)
          this.restUntil = clock.monotonic() + (error.retryAfterMs ?? REST_MS)
        throw error
      }
    }
  }

  /**
   * Takes a polled price that differs from the one before it. A price that was pushed since is newer. Where
   * prices keep moving and the stream stays silent, its subscription is lost: the connection is replaced.
   */
  polled(tick: Tick): void {
    const { stream, moved, deps } = this
    const news = stream === undefined ? tick : stream.withPushed(tick)
    if (news === undefined) return
    deps.reader.onTick(this.times.own(news))
    const { instrument } = tick
    if (stream?.isSilent(instrument, deps.feed.pollAfterMs) !== true) return
    const times = (moved.get(instrument) ?? 0) + 1
    moved.set(instrument, times)
    if (times <= SILENT_POLLS) return
    moved.clear()
    stream.restart(`prices of ${instrument} move, and none is pushed`)
  }

  troubles(): Trouble[] {
    const { kind } = this.deps.place
    return (this.stream?.states() ?? []).flatMap(({ socket, trouble, forMs, refused }) => [
      ...(trouble === undefined ? [] : [{ what: `${kind} ${socket}: ${trouble}`, forMs }]),
      ...[...refused].map(([name, why]) => ({ what: `${kind} ${socket}: ${name}: ${why}` })),
    ])
  }

  facts(): StreamFacts {
    const { stream } = this
    return {
      streams: (stream?.states() ?? []).map(({ socket, trouble, reconnects }) => ({
        stream: socket,
        isUp: trouble === undefined,
        reconnects,
      })),
      messages: stream?.messages ?? 0,
      oddities: Object.fromEntries(
        ODD_MESSAGES.map(kind => [kind, stream?.oddities.get(kind) ?? 0]),
      ),
    }
  }

  /** Asks a venue without an account for its time, where that is due. */
  private readTime(): void {
    const { venue, clock } = this.deps
    const now = clock.monotonic()
    if (venue === undefined || now < this.timeAt || now < this.restUntil) return
    this.timeAt = now + TIME_AGAIN_MS
    venue.time(AbortSignal.timeout(POLL_TIMEOUT_MS)).then(
      reading => {
        this.reading = reading
        this.timeAt = now + TIME_EVERY_MS
      },
      // The next question is due in a minute; until then times count as they are.
      () => undefined,
    )
  }

  private reportOddities(): void {
    const { stream, deps } = this
    if (stream === undefined) return
    const at = deps.clock.monotonic()
    for (const [what, total] of stream.oddities) {
      const before = this.reported.get(what)
      const count = total - (before?.count ?? 0)
      if (count === 0 || (before !== undefined && at - before.at < ODD_LINE_MS)) continue
      this.reported.set(what, { count: total, at })
      deps.reader.note('feed-malformed', { what, count, sample: stream.samples.get(what) })
    }
  }
}
