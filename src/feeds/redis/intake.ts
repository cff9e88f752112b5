import type { InstrumentId } from '../../domain/ids.ts'
import type { Tick } from '../../domain/tick.ts'
import { AskedPrices } from '../asked-prices.ts'
import type { Malformed } from './message.ts'

/** Where prices come from. */
export const SOURCES = ['pubsub', 'stream', 'hash'] as const
export type RedisSource = (typeof SOURCES)[number]

export interface IntakeOptions {
  /** Epoch ms. */
  now(): number
  /** Monotonic ms. */
  monotonic(): number
  readonly onTick: (tick: Tick) => void
  /** Told of a tick that was not read when it came. */
  readonly onMissed: (tick: Tick) => void
}

/** How something was pushed. */
interface Pushed {
  /** As it was, for a person. */
  readonly text: string
  /** It was not read when it came. */
  readonly isLate?: boolean
}

/** What is known of an instrument that is held. */
interface Held {
  /** Own time of its last tick, not after its receipt, epoch ms. */
  ts: number
  /** Whether nothing was pushed since its hash was read the last time. */
  isPulled: boolean
  /** The same of the last one that was read from its hash. */
  pulledTs: number
  /** Whether a tick has come since the last look. */
  isMoving: boolean
  /** Last look that found a tick, monotonic ms. */
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

/** Takes what the ways of a feed have read: counts it, and lets pass what is a tick and news. */
export class Intake {
  /** Messages, entries and hashes that were read, by source. */
  readonly messages: Record<RedisSource, number> = { pubsub: 0, stream: 0, hash: 0 }
  /** Those of them that are no tick. */
  readonly malformed = new Map<Malformed, number>()
  /** The last one of each kind, shortened, for a person. */
  readonly samples = new Map<Malformed, string>()
  private readonly options: IntakeOptions
  private held = new Map<InstrumentId, Held>()
  private readonly hashes = new AskedPrices()
  /** A time that is not later lies not ahead of the clock. */
  private latest = -Infinity

  constructor(options: IntakeOptions) {
    this.options = options
  }

  /** Takes what somebody has pushed, in the order in which it came. */
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
      // A straggler: a younger last value has been tested, and may have moved levels.
      if (isLate && tick.ts < held.pulledTs) return
      held.ts = this.notAhead(tick.ts)
    }
    if (isLate) this.options.onMissed(tick)
    else this.options.onTick(tick)
  }

  /**
   * Takes a last value. It is news if it has changed since it was read before, or if its time is later
   * than that of what was pushed meanwhile.
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

  /** Tells which instruments are held; gives those of which nothing was pushed for `quietMs`. */
  look(instruments: Iterable<InstrumentId>, quietMs: number): InstrumentId[] {
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

  /** The instruments that are held, as of the last look. */
  get instruments(): Iterable<InstrumentId> {
    return this.held.keys()
  }

  private good(found: Tick | Malformed, text: string): Tick | undefined {
    return typeof found === 'string' ? this.refuse(found, text) : found
  }

  /** A time that lies ahead would hide every later one: it counts as of now. */
  private notAhead(ts: number): number {
    if (ts > this.latest) this.latest = this.options.now()
    return Math.min(ts, this.latest)
  }

  private refuse(kind: Malformed, text: string): undefined {
    this.malformed.set(kind, (this.malformed.get(kind) ?? 0) + 1)
    this.samples.set(kind, text.slice(0, LONGEST_SAMPLE))
  }
}
