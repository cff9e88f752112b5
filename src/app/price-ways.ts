import { PricePlane } from '../account/price-plane.ts'
import type { TickPath } from '../account/tick-path.ts'
import type { TrustedClock } from '../account/trusted-clock.ts'
import type { AccountPlan } from '../config/accounts.ts'
import { oldMsOf } from './feed-source.ts'
import { isSharedFeed } from './feeds.ts'

/**
 * The paths of ticks of a process. Accounts that read the same feed share one; an account with a feed of its own has its
 * own. Market hours and negative prices are settings of the process: the same for all accounts of a feed.
 */
export class PriceWays {
  private readonly plane: PricePlane
  private readonly shared = new Map<string, TickPath>()

  constructor(clock: TrustedClock) {
    this.plane = new PricePlane(clock)
  }

  /** The way of the ticks of an account. */
  of({ feed, config }: AccountPlan): TickPath {
    const known = this.shared.get(feed)
    if (known !== undefined) return known
    const ticks = this.plane.open(
      {
        maxJumpPct: config.feed.maxJumpPct,
        confirmMs: config.feed.confirmMs,
        maxTickAgeMs: oldMsOf(config),
      },
      config.instruments,
    )
    if (isSharedFeed(config.feed)) this.shared.set(feed, ticks)
    return ticks
  }
}
