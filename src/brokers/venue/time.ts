import type { ClockReading } from '../../domain/venue-facts.ts'

/** The venue's time is asked for again after so long, ms: clocks drift some ms an hour. */
const FRESH_MS = 600_000
/** Questions in one synchronisation; the median of their results counts. */
const SAMPLES = 3

/** An answer of the venue: its time, and the monotonic ms at which the answer came and how long it took. */
interface Sample {
  readonly serverMs: number
  readonly monotonicMs: number
  readonly tookMs: number
}

/**
 * The venue's time: its last answer, counted on by a monotonic clock. The estimate lags by the
 * latency of that answer and is never ahead: some venues refuse timestamps in the future.
 */
export class VenueTime {
  private readonly monotonic: () => number
  private readonly now: () => number
  private base: Sample | undefined
  private isDistrusted = true
  private syncing: Promise<void> | undefined

  /** `now`, epoch ms, counts until the venue has answered. */
  constructor({ monotonic, now }: { monotonic: () => number; now: () => number }) {
    this.monotonic = monotonic
    this.now = now
  }

  /** Epoch ms at the venue. */
  at(): number {
    if (this.base === undefined) return Math.round(this.now())
    return Math.round(this.base.serverMs + this.monotonic() - this.base.monotonicMs)
  }

  /**
   * The venue's clock against this machine's: the answer was made at some moment of the time that it took.
   *
   * @throws Error before the venue's first answer.
   */
  reading(): ClockReading {
    if (this.base === undefined) throw new Error('the venue has not said its time yet')
    const errorMs = this.base.tookMs / 2
    return { aheadMs: this.at() - this.now() + errorMs, errorMs }
  }

  /** Call when the venue refused a timestamp: nothing is signed before the time was read again. */
  distrust(): void {
    this.isDistrusted = true
  }

  /** Whether a request must wait for the venue's time. */
  get isNeeded(): boolean {
    return this.isDistrusted
  }

  get isOld(): boolean {
    return this.base === undefined || this.monotonic() - this.base.monotonicMs > FRESH_MS
  }

  /**
   * Asks for the time; simultaneous callers share one question. Throws what the question throws.
   */
  async sync(ask: () => Promise<number>): Promise<void> {
    this.syncing ??= this.measure(ask).finally(() => (this.syncing = undefined))
    return this.syncing
  }

  private async measure(ask: () => Promise<number>): Promise<void> {
    const samples: Sample[] = []
    for (let sample = 0; sample < SAMPLES; sample++) {
      const before = this.monotonic()
      const serverMs = await ask()
      const monotonicMs = this.monotonic()
      samples.push({ serverMs, monotonicMs, tookMs: monotonicMs - before })
    }
    const ahead = (each: Sample): number => each.serverMs - each.monotonicMs
    samples.sort((a, b) => ahead(a) - ahead(b))
    this.base = samples[Math.floor(SAMPLES / 2)]!
    this.isDistrusted = false
  }
}
