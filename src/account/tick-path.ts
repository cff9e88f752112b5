import type { InstrumentId } from '../domain/ids.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { Tick } from '../domain/tick.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import { backfill, replay } from '../risk/missed.ts'
import { PriceBoard } from '../risk/price-board.ts'
import { TickIntake, type TickIntakeOptions } from './tick-intake.ts'

/** Most names of the feed that are kept, to guess at the name that a position may have meant. */
const MOST_NAMES = 1_000

export interface TickPathDeps {
  readonly dispatcher: Dispatcher
  readonly intake: TickIntakeOptions
  readonly instruments?: InstrumentTable
  /** Epoch ms. */
  now(): number
}

/** An account's test of positions that wait for their first price, called before the monitors. It does not throw. */
export interface TickTests {
  test(tick: Tick): void
}

/** A simulated venue, whose orders may wait for a price. It does not throw. */
export interface TickFollower {
  readonly venue: unknown
  priced(instrument: InstrumentId): void
}

/** The path of a tick from the feed to the dispatcher, shared by all accounts of the feed. */
export class TickPath {
  /** Ticks that were evaluated. */
  count = 0
  /** The prices that decide. */
  readonly board = new PriceBoard()
  readonly dispatcher: Dispatcher
  readonly intake: TickIntake
  /** Instruments that the feed has, and that no position names. */
  readonly otherNames = new Set<string>()
  /** Accounts with positions that wait for their first price. */
  readonly testing = new Set<TickTests>()
  /** By the instruments that positions of their accounts compare or have compared. */
  private readonly followers = new Map<InstrumentId, Set<TickFollower>>()
  private readonly now: () => number

  constructor({ dispatcher, intake, instruments = new InstrumentTable(), now }: TickPathDeps) {
    this.dispatcher = dispatcher
    this.intake = new TickIntake(intake, instruments)
    this.now = now
  }

  /** Calls a follower after each tick of an instrument from now on. */
  follow(instrument: InstrumentId, follower: TickFollower): void {
    const followers = this.followers.get(instrument) ?? new Set()
    this.followers.set(instrument, followers.add(follower))
  }

  /** Stops calling the followers of a venue. */
  forget(venue: unknown): void {
    for (const [instrument, followers] of this.followers) {
      for (const each of followers) if (each.venue === venue) followers.delete(each)
      if (followers.size === 0) this.followers.delete(instrument)
    }
  }

  /** Takes a tick as it comes. */
  take(tick: Tick): void {
    const { board, dispatcher, intake } = this
    if (!board.knows(tick.instrument)) {
      if (this.otherNames.size < MOST_NAMES) this.otherNames.add(tick.instrument)
      return
    }
    const at = this.now()
    for (const each of intake.accept(tick, at)) {
      this.begin(each)
      dispatcher.tick(each, at, board)
      this.end(each.instrument)
    }
  }

  /** Takes a missed tick, in the order of the feed. */
  takeMissed(tick: Tick): void {
    const { board, intake } = this
    if (!board.knows(tick.instrument)) return
    const at = this.now()
    for (const each of intake.acceptMissed(tick, at)) {
      const use = intake.useOfMissed(each, at)
      if (use === 'none') continue
      if (use === 'best-price') {
        backfill(this, each)
        continue
      }
      this.begin(each)
      replay(this, each, at)
      this.end(each.instrument)
    }
  }

  /** Counts a tick, and tests the positions that wait for their first price, before the monitors see it. */
  private begin(tick: Tick): void {
    this.count++
    if (this.testing.size > 0) for (const each of this.testing) each.test(tick)
  }

  private end(instrument: InstrumentId): void {
    const followers = this.followers.get(instrument)
    if (followers !== undefined) for (const each of followers) each.priced(instrument)
  }
}
