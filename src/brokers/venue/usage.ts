import type { EndpointGroup, LimitUse } from '../../domain/venue.ts'
import { RateLimited } from '../../errors.ts'

/** Fraction of a limit beyond which queries wait, so that exits still get through. */
const RESERVED_FROM = 0.95
const MINUTE_MS = 60_000

/** A limit of a venue, in windows of the same length by the venue's clock. */
export interface LimitWindow {
  readonly groups: readonly EndpointGroup[]
  readonly most: number
  readonly ms: number
}

/** The use of a limit; the venue has counted `used` by `at`, epoch ms of the venue. */
export const useOf = ({ groups, most, ms }: LimitWindow, used: number, at: number): LimitUse => ({
  groups,
  share: used / most,
  resetInMs: ms - (at % ms),
})

/** How much of a per-minute call limit is used, as the venue reports with each answer. */
export class Usage {
  private readonly most: number
  private used = 0
  private minute = -1

  constructor(most: number) {
    this.most = most
  }

  /** Records the venue's count for the minute of `at`, epoch ms of the venue. */
  note(used: number, at: number): void {
    if (!Number.isFinite(used)) return
    this.minute = Math.floor(at / MINUTE_MS)
    this.used = used
  }

  /** @throws RateLimited where a query that can wait would use what an exit may need. */
  assertRoom(at: number): void {
    if (this.minute !== Math.floor(at / MINUTE_MS)) return
    if (this.used < this.most * RESERVED_FROM) return
    const retryAfterMs = (this.minute + 1) * MINUTE_MS - at
    throw new RateLimited(
      `${this.used} of ${this.most} calls a minute are used: the rest is kept for exits`,
      {
        retryAfterMs,
      },
    )
  }
}
