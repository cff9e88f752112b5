import type { WatchedPosition } from '../risk/watched-position.ts'

export interface FeedCheckpointDeps {
  /** Whether nothing of a decision can be lost any more. */
  isDurable(guard: WatchedPosition): boolean
}

/** Checks that may find something under way before state is written all the same. */
const MOST_WAITS = 5

/**
 * Where a feed goes on after a restart. What is kept is a place in it together with the best prices
 * as of that place, taken while no position is between a tick and its effect: a tick behind the
 * place has had its effect, one after it had none, so that none is lost or counted twice.
 */
export class FeedCheckpoint {
  /** The place that the feed has come to; undefined without a feed that can go back. */
  place: (() => unknown) | undefined
  private readonly parts: FeedCheckpointDeps
  private readonly undecided = new Set<WatchedPosition>()
  private waits = 0

  constructor(parts: FeedCheckpointDeps) {
    this.parts = parts
  }

  /** A position has its decision, which is not durable yet. */
  decided(guard: WatchedPosition): void {
    if (this.place !== undefined) this.undecided.add(guard)
  }

  /**
   * Asks to take best prices and place now. Refuses while a decision is under way, at most `MOST_WAITS` times in a row.
   * @param pending - Positions whose monitors have yet to catch up.
   */
  requestTake(pending: number): boolean {
    if (this.place === undefined) return true
    for (const guard of this.undecided) {
      if (this.parts.isDurable(guard)) this.undecided.delete(guard)
    }
    // A monitor that waits for its restart stays pending: what crosses its band is decided at once.
    const isCalm = this.undecided.size === 0 && pending === 0
    const isGranted = isCalm || this.waits >= MOST_WAITS
    this.waits = isGranted ? 0 : this.waits + 1
    return isGranted
  }
}
