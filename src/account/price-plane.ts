import type { InstrumentTable } from '../domain/instrument.ts'
import { Dispatcher } from '../risk/dispatcher.ts'
import type { TickIntakeOptions } from './tick-intake.ts'
import { TickPath } from './tick-path.ts'
import type { TrustedClock } from './trusted-clock.ts'

/**
 * The prices of a process: one dispatcher for all of its accounts, and one path of ticks for the accounts of each
 * feed.
 */
export class PricePlane {
  readonly dispatcher = new Dispatcher()
  private readonly clock: TrustedClock
  private readonly paths: TickPath[] = []

  constructor(clock: TrustedClock) {
    this.clock = clock
    clock.listeners.push(event => {
      if (event.kind === 'followed') this.shift(event.movedMs)
    })
  }

  /** Opens the path of the ticks of one feed. */
  open(intake: TickIntakeOptions, instruments?: InstrumentTable): TickPath {
    const { clock, dispatcher } = this
    const ticks = new TickPath({
      dispatcher,
      intake: { ...intake, machineNow: () => clock.machineNow() },
      ...(instruments && { instruments }),
      now: () => clock.now(),
    })
    this.paths.push(ticks)
    return ticks
  }

  /** The clock was followed by `byMs`: received prices keep their age, and deadlines are evaluated again. */
  private shift(byMs: number): void {
    this.dispatcher.shift(byMs)
    for (const { intake } of this.paths) intake.shift(byMs)
  }
}
