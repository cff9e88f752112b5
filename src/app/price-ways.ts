import { PricePlane } from '../account/price-plane.ts'
import type { Ticks } from '../account/ticks.ts'
import type { TrustedClock } from '../account/trusted-clock.ts'
import type { AccountPlan } from '../config/accounts.ts'
import { oldMsOf } from './feed-source.ts'
import { isSharedFeed } from './feeds.ts'

/**
 * The ways of ticks of a process: accounts that read the same feed share one, an account whose prices are its own
 * has one of its own. Hours, and whether a price may be negative, are those of the configuration, thus the same
 * for all accounts of a feed.
 */
export class PriceWays {
  private readonly plane: PricePlane
  private readonly shared = new Map<string, Ticks>()

  constructor(clock: TrustedClock) {
    this.plane = new PricePlane(clock)
  }

  /** The way of the ticks of an account. */
  of({ feed, config }: AccountPlan): Ticks {
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
