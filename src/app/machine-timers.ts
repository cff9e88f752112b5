import type { Timers } from '../ports/timers.ts'

/** Timers of the machine. None of them keeps the process alive. */
export const machineTimers: Timers = {
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
