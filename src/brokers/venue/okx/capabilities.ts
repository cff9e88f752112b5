import type { Capabilities } from '../../../ports/broker.ts'
import type { PositionMode } from '../account.ts'
import { restingStop } from '../resting-stop.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * What OKX v5 can prove of swaps and futures, by its documentation; nothing of it is measured.
 *
 * - `dedupe`: a used id is refused while the venue knows it; "if several, the latest is returned", so not for good.
 * - `lookup`: an order with a fill is found for 7 days by its id (3 months in lists), one without a fill
 *   for 2 hours after its end; an hour is kept back for the time that the send itself took. Absent then proves
 *   that nothing was executed, which is what a missing fill of two hours means anyway.
 * - `reduceOnly`: a flag in net mode; in long/short mode the side of the position bounds the order.
 * - `visibilityMs`: an order past its `expTime` is refused by the venue; 5 s and a margin of 5 s.
 * - `limits`: orders 60 in 2 s for each instrument, look-ups the same, positions 10 in 2 s.
 */
export const capabilitiesOf = (mode: PositionMode): Capabilities => ({
  dedupe: 'open-only',
  lookup: 'complete',
  lookupKeeps: { ms: 7 * DAY_MS - HOUR_MS },
  reduceOnly: true,
  holdings: mode === 'hedge' ? 'sides' : 'net',
  visibilityMs: 10_000,
  clientOrderIdLength: 32,
  styles: ['market', 'marketable-limit'],
  restingStop: restingStop(mode, { amend: true }),
  limits: [
    { name: 'orders', groups: ['orders'], perSecond: 20 },
    { name: 'account', groups: ['account'], perSecond: 4 },
    { name: 'quotes', groups: ['quotes'], perSecond: 5 },
  ],
})
