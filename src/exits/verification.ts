import type { Held } from './circumstances.ts'
import type { ExitSettings } from './settings.ts'

/** An answer about a holding by name: the time that it is of, and when it came, epoch ms. */
export interface Answered {
  readonly named: Held['named']
  readonly answeredAt: number
}

type Bounds = Pick<ExitSettings, 'holdingFreshMs'>

/**
 * Whether an exit may go by what is known of its holding: an answer of the time of its decision, or
 * later, that has not grown old since it came. Changes itself. All times are epoch ms.
 */
export class Verification {
  /** Answers of an earlier time do not count. */
  private from: number
  private reportedFrom = -Infinity

  constructor(decidedAt: number) {
    this.from = decidedAt
  }

  /** Something has happened at `at` that an earlier answer says nothing about. */
  askAgain(at: number): void {
    this.from = Math.max(this.from, at)
  }

  /** Whether an answer counts at `now`. One that counted and has grown old must be followed by a new one. */
  isGiven({ named, answeredAt }: Answered, now: number, { holdingFreshMs }: Bounds): boolean {
    if (named === undefined || named.at < this.from) return false
    if (now - answeredAt <= holdingFreshMs) return true
    this.askAgain(now)
    return false
  }

  /** How long, ms, no answer has come that counts; 0 where one has. */
  waitedMs({ named }: Answered, now: number): number {
    return named !== undefined && named.at >= this.from ? 0 : Math.max(0, now - this.from)
  }

  /** The same where it is at least `mostMs` and this wait was not reported yet. */
  unreportedMs(answered: Answered, now: number, mostMs: number): number | undefined {
    const forMs = this.waitedMs(answered, now)
    if (forMs < mostMs || this.reportedFrom === this.from) return undefined
    this.reportedFrom = this.from
    return forMs
  }
}
