/** `watchkeeper/resilience`: circuit breaker, adaptive throttle, backoff, restart intensity. Pure. */
export * from './backoff.ts'
export * from './breaker.ts'
export { disable, forceOpen, openUntil, reset, restore, snapshot } from './breaker-hand.ts'
export { breakerOptions, type BreakerOptions, type WindowOptions } from './breaker-options.ts'
export type { Ban, Breaker, Cause, Circumstances, Permit, Transition } from './breaker-state.ts'
export {
  recordGiveUp,
  recordRestart,
  restartsWithin,
  type RestartHistory,
  type RestartPolicy,
} from './restarts.ts'
export {
  admit,
  calculateAdaptiveThrottle,
  rateLimited,
  throttle,
  throttleOptions,
  type Admission,
  type Load,
  type Throttle,
  type ThrottleOptions,
} from './throttle.ts'
