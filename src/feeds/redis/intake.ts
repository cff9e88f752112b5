import type { InstrumentId } from '../../domain/ids.ts'
import type { Tick } from '../../domain/tick.ts'
import { AskedPrices } from '../asked-prices.ts'
import type { Malformed } from './message.ts'

/** Kinds of Redis data that prices come from. */
export const SOURCES = ['pubsub', 'stream', 'hash'] as const
export type RedisSource = (typeof SOURCES)[number]

export interface IntakeOptions {
  /** Epoch ms. */
  now(): number
  /** Monotonic ms. */
  monotonic(): number
  readonly onTick: (tick: Tick) => void
  /** Called with a tick that was read late. */
  readonly onMissed: (tick: Tick) => void
}

/** Circumstances of a pushed message or entry. */
interface Pushed {
  /** Its raw text, for messages. */
  readonly text: string
  /** True where it was read late. */
  readonly isLate?: boolean
}

/** State of a held instrument. */
interface Held {
  /** Time of its last tick, at most the time of receipt, epoch ms. */
  ts: number
  /** Whether nothing was pushed since its hash was read last. */
  isPulled: boolean
  /** Time of its last tick from a hash, epoch ms. */
  pulledTs: number
  /** Whether a tick was pushed since the last sweep. */
  isMoving: boolean
  /** Last sweep that found a tick, monotonic ms. */
  movedAt: number
}

const UNSEEN: Readonly<Held> = {
  ts: -Infinity,
  isPulled: false,
  pulledTs: -Infinity,
  isMoving: false,
  movedAt: -Infinity,
}

const LONGEST_SAMPLE = 200

/**
 * Collects what the sources of a feed have read: counts it, and passes on what is a tick and news.
 */
export class Intake {
  /** Messages, entries and hashes that were read, by source. */
  readonly messages: Record<RedisSource, number> = { pubsub: 0, stream: 0, hash: 0 }
  /** How many of them are no tick, by reason. */
  readonly malformed = new Map<Malformed, number>()
  /** The last malformed one of each kind, shortened, for messages. */
  readonly samples = new Map<Malformed, string>()
  private readonly options: IntakeOptions
  private held = new Map<InstrumentId, Held>()
  private readonly hashes = new AskedPrices()
  /** Largest time that was known not to be ahead of the clock. */
  private latest = -Infinity

  constructor(options: IntakeOptions) {
    this.options = options
  }

  /** Takes a pushed price, in the order in which prices arrive. */
  pushed(
    source: 'pubsub' | 'stream',
    found: Tick | Malformed,
    { text, isLate = false }: Pushed,
  ): void {
    this.messages[source]++
    const tick = this.good(found, text)
    if (tick === undefined) return
    const held = this.held.get(tick.instrument)
    if (held !== undefined) {
      held.isMoving = true
      held.isPulled = false
      // A straggler: a younger last value was already evaluated, and may have moved levels.
      if (isLate && tick.ts < held.pulledTs) return
      held.ts = this.notAhead(tick.ts)
    }
    if (isLate) this.options.onMissed(tick)
    else this.options.onTick(tick)
  }

  /**
   * Takes a last value. It is news if it has changed since the last read, or if it is later than
   * what was pushed meanwhile.
   */
  pulled(found: Tick | Malformed, text: string): void {
    this.messages.hash++
    const tick = this.good(found, text)
    const held = tick && this.held.get(tick.instrument)
    if (tick === undefined || held === undefined) return
    const news = this.hashes.news(tick, this.options.now())
    const { isPulled } = held
    held.isPulled = true
    if (news === undefined || (!isPulled && tick.ts <= held.ts)) return
    held.ts = this.notAhead(tick.ts)
    held.pulledTs = held.ts
    this.options.onTick(news)
  }

  /**
   * Sets the instruments that are held; returns those for which nothing was pushed for `quietMs`.
   */
  sweep(instruments: Iterable<InstrumentId>, quietMs: number): InstrumentId[] {
    const at = this.options.monotonic()
    const before = this.held
    const quiet: InstrumentId[] = []
    this.held = new Map()
    for (const instrument of instruments) {
      if (this.held.has(instrument)) continue
      const held = before.get(instrument) ?? { ...UNSEEN }
      if (held.isMoving) held.movedAt = at
      held.isMoving = false
      this.held.set(instrument, held)
      if (at - held.movedAt >= quietMs) quiet.push(instrument)
    }
    this.hashes.keep(instrument => this.held.has(instrument))
    return quiet
  }

  /** The instruments that are held, as of the last sweep. */
  get instruments(): Iterable<InstrumentId> {
    return this.held.keys()
  }

  private good(found: Tick | Malformed, text: string): Tick | undefined {
    return typeof found === 'string' ? this.refuse(found, text) : found
  }

  /** A time ahead of the clock would hide every later one: it counts as now. */
  private notAhead(ts: number): number {
    if (ts > this.latest) this.latest = this.options.now()
    return Math.min(ts, this.latest)
  }

  private refuse(kind: Malformed, text: string): undefined {
    this.malformed.set(kind, (this.malformed.get(kind) ?? 0) + 1)
    this.samples.set(kind, text.slice(0, LONGEST_SAMPLE))
  }
}
