import { livenessOf } from '../actors/actor.ts'
import { quietFor } from '../risk/hours.ts'
import { nothingFound, type Found } from './found.ts'
import type { SweptPosition, SweptPositions } from './swept-positions.ts'

/** What holds for a whole sweep. */
export interface SweepTimes {
  /** Monotonic ms. */
  readonly at: number
  /** Epoch ms. */
  readonly now: number
  readonly passedMs: number
  /** The time since the last sweep was so long that the process must have stood still. */
  readonly isPause: boolean
  /** As of its begin: a store reads the state of its files for this. */
  readonly isStoreWritable: boolean
}

export interface SweepDeps {
  readonly positions: SweptPositions
  /** Open exits are evaluated first, and in full. */
  readonly exiting: Iterable<SweptPosition>
  /** Whether something concerns every position, so that each is evaluated in full. */
  readonly isFull: boolean
  /** Epoch ms. */
  readonly now: number
  readonly staleMs: number
  /** Number of the sweep. */
  readonly number: number
  /** Evaluates a position in full. */
  evaluate(found: Found, position: SweptPosition): void
}

/** One evaluation of every open position, in as many steps as its caller takes. */
export class Sweep {
  readonly found = nothingFound()
  private readonly deps: SweepDeps
  private readonly exiting: Iterator<SweptPosition>
  private readonly rest: Iterator<SweptPosition>
  private isPastExits = false

  constructor(deps: SweepDeps) {
    this.deps = deps
    this.exiting = deps.exiting[Symbol.iterator]()
    // Positions that are added or closed between two steps may or may not be evaluated.
    this.rest = deps.positions.all.values()
  }

  /** Takes over changes and evaluates, at most so many positions in all. Returns whether that was the last step. */
  step(most: number): boolean {
    const { positions } = this.deps
    for (let count = positions.update(most); count < most; count++) {
      const { done, value } = this.next()
      if (done === true) {
        const { counts } = this.found
        counts.observed += positions.observed.size
        counts.exiting += positions.ending.size
        return true
      }
      this.take(value)
    }
    return false
  }

  private next(): IteratorResult<SweptPosition, unknown> {
    if (!this.isPastExits) {
      const result = this.exiting.next()
      if (result.done !== true) return result
      this.isPastExits = true
    }
    return this.rest.next()
  }

  private take(position: SweptPosition): void {
    const { number, isFull } = this.deps
    const { seen } = position
    if (seen.sweep === number) return
    const { found } = this
    if (isFull || !this.isPastExits || !this.isSteady(position)) {
      this.deps.evaluate(found, position)
    } else {
      found.expected++
      found.counts.guarded++
    }
    seen.sweep = number
  }

  /** Whether a position needs no evaluation: its monitor runs and its price is fresh, as in the sweep before. */
  private isSteady({ price, child, seen }: SweptPosition): boolean {
    if (price === undefined || child === undefined || seen.cause !== undefined) return false
    const { watched, status, crashes } = child
    if (status.kind !== 'running' || livenessOf(status.ref).stopped) return false
    if (watched.decision !== undefined || watched.ruleErrors > 0) return false
    const { now, staleMs } = this.deps
    const { lastAt } = price
    return (
      crashes.downMs === seen.downMs &&
      watched.openedAt <= now &&
      lastAt > -Infinity &&
      quietFor(seen.hours, lastAt, now) <= staleMs
    )
  }
}
