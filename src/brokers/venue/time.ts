/** The venue's time is asked for again after so long, ms: clocks drift some ms an hour. */
const FRESH_MS = 600_000
/** Questions in one synchronisation; the median of their results counts. */
const SAMPLES = 3

/**
 * The venue's time: its last answer, counted on by a monotonic clock. The estimate lags by the
 * latency of that answer and is never ahead: some venues refuse timestamps in the future.
 */
export class VenueTime {
  private readonly monotonic: () => number
  private readonly now: () => number
  private base: { readonly serverMs: number; readonly monotonicMs: number } | undefined
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
   * How far the venue's clock is ahead of this machine's, ms; undefined before its first answer.
   */
  get offsetMs(): number | undefined {
    return this.base === undefined ? undefined : this.at() - this.now()
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
    const samples: { serverMs: number; monotonicMs: number }[] = []
    for (let sample = 0; sample < SAMPLES; sample++) {
      const serverMs = await ask()
      samples.push({ serverMs, monotonicMs: this.monotonic() })
    }
    const ahead = (each: { serverMs: number; monotonicMs: number }): number =>
      each.serverMs - each.monotonicMs
    samples.sort((a, b) => ahead(a) - ahead(b))
    this.base = samples[Math.floor(SAMPLES / 2)]!
    this.isDistrusted = false
  }
}
