import type { Held } from './holding-state.ts'
import type { ExitSettings } from './settings.ts'

/** An answer about a holding by name: the time that it is of, and when it came, epoch ms. */
export interface Answered {
  readonly byName: Held['byName']
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

  /** Whether an answer counts at `now`. */
  isGiven(answered: Answered, now: number, bounds: Bounds): boolean {
    return this.isRecent(answered) && !isOld(answered, now, bounds)
  }

  /** An answer that has counted and is old at `now` counts no more: a new one must follow. */
  expire(answered: Answered, now: number, bounds: Bounds): void {
    if (this.isRecent(answered) && isOld(answered, now, bounds)) this.askAgain(now)
  }

  private isRecent({ byName }: Answered): boolean {
    return byName !== undefined && byName.at >= this.from
  }

  /** How long, ms, no answer has come that counts; 0 where one has. */
  waitedMs(answered: Answered, now: number): number {
    return this.isRecent(answered) ? 0 : Math.max(0, now - this.from)
  }

  /** This wait was reported. */
  waitReported(): void {
    this.reportedFrom = this.from
  }

  /** Whether this wait was reported already. */
  get isWaitReported(): boolean {
    return this.reportedFrom === this.from
  }
}

const isOld = ({ answeredAt }: Answered, now: number, { holdingFreshMs }: Bounds): boolean =>
  now - answeredAt > holdingFreshMs
