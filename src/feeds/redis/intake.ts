import type { InstrumentId } from '../../domain/ids.ts'
import type { Tick } from '../../domain/tick.ts'
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
  /** Own time of its last tick, epoch ms. */
  ts: number
  /** The same of the last one that was read from its hash. */
  pulledTs: number
  /** Whether a tick has come since the last look. */
  isMoving: boolean
  /** Last look that found a tick, monotonic ms. */
  movedAt: number
}

const UNSEEN: Readonly<Held> = {
  ...{ ts: -Infinity, pulledTs: -Infinity, isMoving: false, movedAt: -Infinity },
}

/** A tick whose own time is this far ahead of the clock is wrong, ms. */
const FUTURE_MS = 60_000
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
      // A straggler: a younger last value has been tested, and may have moved levels.
      if (isLate && tick.ts < held.pulledTs) return
      held.ts = tick.ts
    }
    if (isLate) this.options.onMissed(tick)
    else this.options.onTick(tick)
  }

  /** Takes a last value, which is news only if it is younger than the last tick of its instrument. */
  pulled(found: Tick | Malformed, text: string): void {
    this.messages.hash++
    const tick = this.good(found, text)
    const held = tick && this.held.get(tick.instrument)
    if (tick === undefined || held === undefined || tick.ts <= held.ts) return
    held.ts = tick.ts
    held.pulledTs = tick.ts
    this.options.onTick(tick)
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
    return quiet
  }

  /** The instruments that are held, as of the last look. */
  get instruments(): Iterable<InstrumentId> {
    return this.held.keys()
  }

  private good(found: Tick | Malformed, text: string): Tick | undefined {
    if (typeof found === 'string') return this.refuse(found, text)
    if (found.ts > this.latest) {
      this.latest = this.options.now() + FUTURE_MS
      if (found.ts > this.latest) return this.refuse('time', text)
    }
    return found
  }

  private refuse(kind: Malformed, text: string): undefined {
    this.malformed.set(kind, (this.malformed.get(kind) ?? 0) + 1)
    this.samples.set(kind, text.slice(0, LONGEST_SAMPLE))
  }
}
