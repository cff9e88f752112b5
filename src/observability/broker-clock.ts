import type { ClockReading } from '../domain/venue-facts.ts'
import { draft, type Draft } from './checks.ts'

/** A smaller difference of two clocks is no finding, and changes the age of no price, ms. */
export const DIFFERS_MS = 2_000
/** Largest difference that ages are corrected by, ms: behind a cache the time of a venue may be as old as its prices. */
export const BELIEVED_MS = 300_000

/** Check of the broker's clock: a warning where it certainly differs from this machine's. */
export function brokerClockCheck({ aheadMs, errorMs }: ClockReading): Draft {
  const isWrong = Math.abs(aheadMs) - errorMs > DIFFERS_MS
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1)
  const isBelieved = Math.abs(aheadMs) - errorMs <= BELIEVED_MS
  const ages = isBelieved
    ? '; ages of its prices are corrected by that'
    : '; that is not believed, and ages of its prices are wrong by that'
  const output = `the broker's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's, by which deadlines and sessions end${ages}`
  return {
    ...draft('system', Math.round(aheadMs), isWrong ? 'warn' : 'pass'),
    observedUnit: 'ms',
    ...(isWrong && { output }),
  }
}
