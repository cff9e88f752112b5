const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 300_000
/** Tries in a row after which a channel counts as away. */
const TRIES = 5

/** Why a message was not taken. */
export interface Miss {
  readonly why: string
  /** The other side says that it will not be taken. */
  readonly isFinal: boolean
  readonly retryAfterMs: number
}

/** The tries of one channel: when the next one may go, and since when it takes nothing. Times are monotonic ms. */
export class Tries {
  /** Why it takes nothing, and since when; only once it counts as away. */
  away: { readonly since: number; readonly why: string } | undefined
  nextAt = -Infinity
  private count = 0
  private firstAt = 0

  /** It has taken a message. Whether it counted as away. */
  delivered(): boolean {
    const wasAway = this.away !== undefined
    this.count = 0
    this.nextAt = -Infinity
    this.away = undefined
    return wasAway
  }

  /** It has not. Whether the channel counts as away by that, for the first time. */
  missed({ why, isFinal, retryAfterMs }: Miss, now: number): boolean {
    if (this.count === 0) this.firstAt = now
    const pauseMs = Math.min(FIRST_PAUSE_MS * 4 ** Math.min(this.count, 10), LONGEST_PAUSE_MS)
    this.count++
    this.nextAt = now + Math.max(pauseMs, retryAfterMs)
    const wasAway = this.away !== undefined
    if (wasAway || isFinal || this.count >= TRIES) this.away = { since: this.firstAt, why }
    return !wasAway && this.away !== undefined
  }
}
