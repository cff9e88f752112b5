import type { HiddenLimit } from './script.ts'

/** A refusal of the hidden limit; `banUntil` is epoch ms. */
export interface Refusal {
  readonly banUntil?: number
}

/** A token bucket with an unpublished limit. Times are epoch ms. */
export class Bucket {
  private tokens: number
  private filledAt: number
  private refusals = 0
  private bannedUntil = 0
  private readonly limit: HiddenLimit

  constructor(limit: HiddenLimit, now: number) {
    this.limit = limit
    this.tokens = limit.burst ?? 1
    this.filledAt = now
  }

  /** Admits one call, or returns the refusal. */
  take(now: number): Refusal | undefined {
    const { perSecond, burst = 1, ban } = this.limit
    this.tokens = Math.min(burst, this.tokens + ((now - this.filledAt) / 1000) * perSecond)
    this.filledAt = now
    if (now < this.bannedUntil) return { banUntil: this.bannedUntil }
    if (this.tokens >= 1) {
      this.tokens -= 1
      this.refusals = 0
      return undefined
    }
    this.refusals++
    if (ban === undefined || this.refusals < ban.refusals) return {}
    this.refusals = 0
    this.bannedUntil = now + ban.ms
    return { banUntil: this.bannedUntil }
  }
}
