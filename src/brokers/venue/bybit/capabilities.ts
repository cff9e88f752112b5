import type { Capabilities } from '../../../ports/broker.ts'
import type { PositionMode } from '../account.ts'
import { restingStop } from '../resting-stop.ts'

const DAY_MS = 86_400_000

/**
 * What Bybit v5 can prove of linear contracts, by its documentation; nothing of it is measured.
 *
 * - `dedupe`: "always unique" in the documentation, without a scope: only "while the order works" is claimed.
 * - `lookup`: an order with a fill is found for 2 years, one without a fill for 24 hours after its end.
 * - `visibilityMs`: an acknowledgement is not yet an order, and the history may lag; no figure is given.
 * - `limits`: orders 10 a second; questions 50 a second for each of their paths.
 */
export const capabilitiesOf = (mode: PositionMode): Capabilities => ({
  dedupe: 'open-only',
  lookup: 'complete',
  lookupKeeps: { ms: 729 * DAY_MS },
  reduceOnly: true,
  holdings: mode === 'hedge' ? 'sides' : 'net',
  visibilityMs: 10_000,
  clientOrderIdLength: 36,
  styles: ['market', 'marketable-limit'],
  restingStop: restingStop(mode, { amend: true }),
  limits: [
    { name: 'orders', groups: ['orders'], perSecond: 10 },
    { name: 'account', groups: ['account'], perSecond: 10 },
    { name: 'quotes', groups: ['quotes'], perSecond: 5 },
  ],
})
