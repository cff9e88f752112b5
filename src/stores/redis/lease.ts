/** The two clocks of this machine, ms. */
export interface LeaseClock {
  now(): number
  monotonic(): number
}

/** Share of a lease for which it is held after it was asked for; the rest is a margin. */
const HELD = 2 / 3
/** A lease is renewed so many times before it is not held any more. */
const RENEWALS = 4

/**
 * Until when this process may act on what it owns. Counted from before the claim was sent, and a third
 * of the lease shorter than the server counts it, so that whoever takes over finds nobody acting.
 */
export class Lease {
  readonly leaseMs: number
  private readonly clock: LeaseClock
  private since: LeaseInstant | undefined

  constructor(leaseMs: number, clock: LeaseClock) {
    this.leaseMs = leaseMs
    this.clock = clock
  }

  /** Time between two renewals, ms. */
  get renewMs(): number {
    return (this.leaseMs * HELD) / RENEWALS
  }

  /** Now, to be given to `renewed` when the claim that is sent now has been granted. */
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
   * Time that is left, ms; 0 when it is not held. The monotonic clock of a machine that was suspended
   * may have stood still: the wall clock counts where it has gone further.
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
