/** How a venue of the bench limits its callers; times are ms from the start of a run. */
export interface VenueOptions {
  /** Calls a second that it accepts; unpublished. */
  limitAt(ms: number): number
  /** `bucket`: unused calls are saved up to `burst`. `windows`: each second begins anew. */
  readonly counts: 'bucket' | 'windows'
  readonly burst: number
  /** So many refusals within `withinMs` ban the caller for `ms`. */
  readonly ban?: { readonly refusals: number; readonly withinMs: number; readonly ms: number }
  isDown(ms: number, group: 'orders' | 'quotes'): boolean
  /** A call into an outage ends after so long; 0: it fails at once, as a refused connection does. */
  readonly hangMs: number
  /** Share of calls that fail for no reason. */
  readonly errorShare: number
}

/** The venue's answer to one call; `until` is the end of a ban. */
export type Verdict =
  | { readonly kind: 'accepted' | 'broken' }
  | { readonly kind: 'refused'; readonly until?: number }

/** A venue with an unpublished limit. */
export class HiddenVenue {
  private readonly options: VenueOptions
  private readonly random: () => number
  private tokens: number
  private at = 0
  private refusals: number[] = []
  private bannedUntil = 0

  constructor(options: VenueOptions, random: () => number) {
    this.options = options
    this.random = random
    this.tokens = options.burst
  }

  take(now: number, group: 'orders' | 'quotes'): Verdict {
    const { isDown, errorShare } = this.options
    this.fill(now)
    if (isDown(now, group) || this.random() < errorShare) return { kind: 'broken' }
    if (now < this.bannedUntil) return { kind: 'refused', until: this.bannedUntil }
    if (this.tokens >= 1) {
      this.tokens--
      return { kind: 'accepted' }
    }
    return this.refuse(now)
  }

  private fill(now: number): void {
    const { counts, burst, limitAt } = this.options
    const limit = limitAt(now)
    if (counts === 'bucket') {
      this.tokens = Math.min(burst, this.tokens + ((now - this.at) * limit) / 1_000)
    } else if (Math.floor(now / 1_000) > Math.floor(this.at / 1_000)) this.tokens = limit
    this.at = now
  }

  private refuse(now: number): Verdict {
    const { ban } = this.options
    if (ban === undefined) return { kind: 'refused' }
    this.refusals = [...this.refusals.filter(at => at > now - ban.withinMs), now]
    if (this.refusals.length < ban.refusals) return { kind: 'refused' }
    this.refusals = []
    this.bannedUntil = now + ban.ms
    return { kind: 'refused', until: this.bannedUntil }
  }
}
