import { clockDifference } from '../domain/clock-difference.ts'
import type { ClockReading } from '../domain/venue-facts.ts'
import { draft, type Draft } from './checks.ts'

/** Check of the broker's clock: a warning where it certainly differs from this machine's. */
export function brokerClockCheck(reading: ClockReading): Draft {
  const { aheadMs } = reading
  const difference = clockDifference(reading)
  const isWrong = difference !== 'small'
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1)
  const ages =
    difference === 'too-large'
      ? '; that is not believed, and ages of its prices are wrong by that'
      : '; ages of its prices are corrected by that'
  const output = `the broker's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's, by which deadlines and sessions end${ages}`
  return {
    ...draft('system', Math.round(aheadMs), isWrong ? 'warn' : 'pass'),
    observedUnit: 'ms',
    ...(isWrong && { output }),
  }
}
