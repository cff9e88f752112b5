/** The two clocks of this machine, ms. */
export interface LeaseClock {
  now(): number
  monotonic(): number
}

/**
 * Fraction of the lease for which this process considers it held, counted from its request; the
 * rest is a margin.
 */
const HELD = 2 / 3
/** Renewals that are attempted within that time. */
const RENEWALS = 4

/**
 * Until when this process may act on what it owns. The time is counted from before the claim was
 * sent, and ends a third of the lease earlier than on the server: when another process takes over,
 * this one has already stopped.
 */
export class Lease {
  readonly leaseMs: number
  private readonly clock: LeaseClock
  private since: LeaseInstant | undefined

  constructor(leaseMs: number, clock: LeaseClock) {
    this.leaseMs = leaseMs
    this.clock = clock
  }

  /** Interval of renewals, ms. */
  get renewMs(): number {
    return (this.leaseMs * HELD) / RENEWALS
  }

  /** The present time; pass it to `renewed` once the claim that is sent now was granted. */
  instant(): LeaseInstant {
    return { monotonic: this.clock.monotonic(), now: this.clock.now() }
  }

  renewed(sentAt: LeaseInstant): void {
    this.since = sentAt
  }

  end(): void {
    this.since = undefined
  }

  /**
   * Time left, ms; 0 when the lease is not held. While a machine is suspended its monotonic clock
   * may stop: the clock that has advanced further counts.
   */
  get leftMs(): number {
    if (this.since === undefined) return 0
    const { monotonic, now } = this.instant()
    const passedMs = Math.max(monotonic - this.since.monotonic, now - this.since.now)
    return Math.max(0, this.leaseMs * HELD - passedMs)
  }

  get isHeld(): boolean {
    return this.leftMs > 0
  }
}

/** A moment on both clocks, ms. */
export interface LeaseInstant {
  readonly monotonic: number
  readonly now: number
}
