import type { HoldingKey } from '../domain/holding.ts'
import type { Side } from '../domain/position.ts'
import { nameOf } from './holding-state.ts'
import type { Notice } from './notices.ts'

/** Holdings that are watched after their last position has closed; the oldest are forgotten. */
const MOST = 10_000
/** For so long an order that nobody can find may still arrive, ms. */
export const LATE_MS = 3_600_000

interface Watched {
  readonly side: Side
  readonly until: number
  readonly key: HoldingKey
  isOversold: boolean
}

/**
 * Holdings whose positions are closed, by exits of which it was once not known what had become of
 * their orders. One that arrives after all proofs leaves the account on the other side of zero.
 */
export class FormerHoldings {
  private readonly watched = new Map<string, Watched>()
  private readonly tell: (notice: Notice) => void

  constructor(tell: (notice: Notice) => void) {
    this.tell = tell
  }

  /** A position of that side has closed at `now` (epoch ms), after doubts. */
  remember(key: HoldingKey, side: Side, now: number): void {
    const name = nameOf(key)
    const isOversold = this.watched.get(name)?.isOversold ?? false
    this.watched.delete(name)
    this.watched.set(name, { key, side, until: now + LATE_MS, isOversold })
    for (const oldest of this.watched.keys()) {
      if (this.watched.size <= MOST) break
      this.watched.delete(oldest)
    }
  }

  /** The holdings that are on the wrong side. */
  oversold(): readonly HoldingKey[] {
    return [...this.watched.values()].filter(each => each.isOversold).map(({ key }) => key)
  }

  /** Looks at so many signed units that no position owns; gives whether an order of ours left them. */
  look(key: HoldingKey, quantity: number, now: number): boolean {
    const each = this.watched.get(nameOf(key))
    if (each === undefined) return false
    const isWrong = each.side === 'long' ? quantity < 0 : quantity > 0
    // What went wrong in time stays so until it is put right.
    const isOversold = isWrong && (each.isOversold || now < each.until)
    if (isOversold && !each.isOversold) {
      this.tell({ kind: 'holding-oversold', holding: key, quantity })
    }
    each.isOversold = isOversold
    return isOversold
  }
}
