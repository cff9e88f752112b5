import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { Engine } from '../engine/engine.ts'
import { backfill, replay } from '../risk/missed.ts'
import type { EntryTests } from './entry-tests.ts'
import type { MissingPrices } from './missing-prices.ts'
import type { Venue } from './options.ts'
import type { StateWriter } from './state-writer.ts'
import type { TickIntake } from './tick-intake.ts'

export interface TicksDeps {
  readonly engine: Pick<Engine<Venue>, 'dispatcher' | 'actors' | 'broker'>
  readonly intake: TickIntake
  readonly entryTests: EntryTests
  readonly missingPrices: Pick<MissingPrices, 'heard'>
  readonly writer: Pick<StateWriter, 'gather'>
  /** Epoch ms. */
  now(): number
}

/** The way of a tick from the feed to the dispatcher. */
export class Ticks {
  /** Ticks that were evaluated. */
  count = 0
  private readonly deps: TicksDeps

  constructor(deps: TicksDeps) {
    this.deps = deps
  }

  /** Takes a tick as it comes. */
  take(tick: Tick): void {
    const { engine, intake, missingPrices, writer, now } = this.deps
    const { dispatcher } = engine
    if (!dispatcher.board.knows(tick.instrument)) return missingPrices.heard(tick.instrument)
    const at = now()
    for (const each of intake.accept(tick, at)) {
      this.begin(each)
      dispatcher.tick(each, at)
      this.fill(each.instrument)
    }
    writer.gather()
  }

  /**
   * Takes a tick that was missed when it came, in the order of the feed. One that is young enough may
   * still decide; an older one only counts for best prices, and one from outside the hours for nothing.
   */
  takeMissed(tick: Tick): void {
    const { engine, intake, writer, now } = this.deps
    const { dispatcher } = engine
    if (!dispatcher.board.knows(tick.instrument)) return
    const at = now()
    for (const each of intake.acceptMissed(tick, at)) {
      if (intake.isClosed(each.instrument, each.ts)) continue
      if (intake.whyUnevaluated(each, at) !== undefined) {
        backfill(dispatcher, each)
        continue
      }
      this.begin(each)
      replay(dispatcher, each, at)
      this.fill(each.instrument)
    }
    writer.gather()
  }

  /** Counts a tick, and tests by it what came without a price, before the monitors see it. */
  private begin(tick: Tick): void {
    this.count++
    this.deps.entryTests.test(tick)
  }

  /** Orders of a simulated venue may wait for a first price. */
  private fill(instrument: InstrumentId): void {
    const { broker, actors } = this.deps.engine
    const filling = broker.priced(instrument)
    if (filling !== undefined) actors.track(filling)
  }
}
