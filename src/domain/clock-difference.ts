import type { ClockReading } from './venue-facts.ts'

/** A smaller difference of two clocks is no finding, and changes the age of no price, ms. */
const DIFFERS_MS = 2_000
/** Largest difference that ages are corrected by, ms: behind a cache the time of a venue may be as old as its prices. */
const BELIEVED_MS = 300_000

/** What a reading certainly shows, its error taken off: `believed` corrects ages of prices, `too-large` does not. */
export function clockDifference({
  aheadMs,
  errorMs,
}: ClockReading): 'small' | 'believed' | 'too-large' {
  const certainMs = Math.abs(aheadMs) - errorMs
  if (certainMs <= DIFFERS_MS) return 'small'
  return certainMs <= BELIEVED_MS ? 'believed' : 'too-large'
}
