import type { ClockEvent, TrustedClock } from './trusted-clock.ts'

/** Events that wait for an account which does not check: clocks are set rarely. */
const MOST_EVENTS = 100

/** What became of the clock since one account last checked it: several accounts share a clock. */
export class ClockWatch {
  private readonly clock: TrustedClock
  private events: ClockEvent[] = []

  constructor(clock: TrustedClock) {
    this.clock = clock
    clock.listeners.push(event => {
      if (this.events.length < MOST_EVENTS) this.events.push(event)
    })
  }

  /** Compares the clocks, once a cycle; gives what this account has not seen yet. */
  check(): readonly ClockEvent[] {
    this.clock.check()
    return this.takeEvents()
  }

  /** A person says that the machine's clock is right. */
  accept(): readonly ClockEvent[] {
    this.clock.accept()
    return this.takeEvents()
  }

  private takeEvents(): readonly ClockEvent[] {
    const { events } = this
    if (events.length > 0) this.events = []
    return events
  }
}
