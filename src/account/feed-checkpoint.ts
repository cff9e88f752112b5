import type { WatchedPosition } from '../risk/watched-position.ts'

export interface FeedCheckpointDeps {
  /** Whether the decision of a position is durable. */
  isDurable(watched: WatchedPosition): boolean
}

/** Most checks in a row that a decision under way may delay. */
const MOST_WAITS = 5

/**
 * The place where a feed continues after a restart. It is stored together with the best prices as of that place,
 * at a moment when no position is between a tick and its effect: every tick before the place has had its effect
 * and none after it, so no tick is lost or counted twice.
 */
export class FeedCheckpoint {
  /** Returns the present place of the feed; undefined for a feed that cannot go back. */
  place: (() => unknown) | undefined
  private readonly parts: FeedCheckpointDeps
  private readonly undecided = new Set<WatchedPosition>()
  private waits = 0

  constructor(parts: FeedCheckpointDeps) {
    this.parts = parts
  }

  /** A position was decided, and the decision is not durable yet. */
  decided(watched: WatchedPosition): void {
    if (this.place !== undefined) this.undecided.add(watched)
  }

  /**
   * Asks to take best prices and place now. Refuses while a decision is under way, at most `MOST_WAITS` times in a row.
   * @param pending - Positions whose monitors have yet to catch up.
   */
  requestTake(pending: number): boolean {
    if (this.place === undefined) return true
    for (const watched of this.undecided) {
      if (this.parts.isDurable(watched)) this.undecided.delete(watched)
    }
    // A monitor in restart backoff stays pending: a price that crosses its band is decided at once.
    const isCalm = this.undecided.size === 0 && pending === 0
    const isGranted = isCalm || this.waits >= MOST_WAITS
    this.waits = isGranted ? 0 : this.waits + 1
    return isGranted
  }
}
