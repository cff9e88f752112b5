import type { ClockReading } from '../domain/venue-facts.ts'
import { draft, type Draft } from './checks.ts'

/** A smaller difference of two clocks is no finding, ms. */
const DIFFERS_MS = 2_000

/** Check of the broker's clock: a warning where it certainly differs from this machine's. */
export function brokerClockCheck({ aheadMs, errorMs }: ClockReading): Draft {
  const isWrong = Math.abs(aheadMs) - errorMs > DIFFERS_MS
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1)
  const output = `the broker's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's, by which deadlines and sessions end${aheadMs < 0 ? '; its prices count as that much too old' : ''}`
  return {
    ...draft('system', Math.round(aheadMs), isWrong ? 'warn' : 'pass'),
    observedUnit: 'ms',
    ...(isWrong && { output }),
  }
}
