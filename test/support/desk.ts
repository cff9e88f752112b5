import { CallDesk, type CallDeskOptions } from '../../src/calls/call-desk.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { FakeTimers } from './fake-timers.ts'

/** A desk without calls, on a clock that stands still unless `but` has another one. */
export function aDesk(but: Partial<CallDeskOptions> = {}): CallDesk {
  const timers = new FakeTimers()
  const plain = breakerOptions.parse({})
  return new CallDesk({
    limits: [],
    breakers: { orders: plain, account: plain, quotes: plain },
    throttle: throttleOptions.parse({}),
    laneBound: 100,
    callTimeoutMs: Infinity,
    timers,
    monotonic: timers.monotonic,
    now: timers.monotonic,
    random: () => 0.5,
    load: () => ({ averageCycleMs: 0, loopDelayMs: 0 }),
    ...but,
  })
}
