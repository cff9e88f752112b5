import type { Timers } from '../../src/ports/timers.ts'

/** Timers of the machine. */
export const realTimers: Timers = {
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
