import type { ClockEvent, TrustedClock } from './trusted-clock.ts'

/** Most events kept for an account that does not check: clocks are set rarely. */
const MOST_EVENTS = 100

/** The events of a shared clock that one account has not seen yet. */
export class ClockWatch {
  private readonly clock: TrustedClock
  private events: ClockEvent[] = []

  constructor(clock: TrustedClock) {
    this.clock = clock
    clock.listeners.push(event => {
      if (this.events.length < MOST_EVENTS) this.events.push(event)
    })
  }

  /** Compares the clocks, once a cycle; returns the events that this account has not seen. */
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
