import type { Capabilities } from '../../../ports/broker.ts'
import type { PositionMode } from '../account.ts'
import { restingStop } from '../resting-stop.ts'

/** Request weight that one IP address may use in a minute. */
export const WEIGHT_PER_MINUTE = 2_400

const DAY_MS = 86_400_000

/**
 * What Binance USDⓈ-M can prove, by its documentation; nothing of it is measured.
 *
 * - `dedupe`: an id is refused (-4116) while its order is open.
 * - `lookup`: an order with a fill is found for 90 days, one without a fill for 3 days after its
 *   end.
 * - `reduceOnly`: a flag in one-way mode; in hedge mode the side of the position bounds the order.
 * - `visibilityMs`: "some delay is normal" without a figure; an order is refused after `recvWindow`
 *   (5 s) by the venue itself, the rest is a margin.
 * - `limits`: 300 orders in 10 s and 1,200 a minute; a weight of 2,400 a minute for all other
 *   calls, where a query for a holding or an order weighs 1 to 5, for all working orders 40, for
 *   all prices 7. They are stated here per second: a minute whose limit is used up in its first
 *   seconds would delay exits until it ends.
 */
export const capabilitiesOf = (mode: PositionMode): Capabilities => ({
  dedupe: 'open-only',
  lookup: 'complete',
  lookupKeeps: { ms: 89 * DAY_MS },
  reduceOnly: true,
  holdings: mode === 'hedge' ? 'sides' : 'net',
  visibilityMs: 15_000,
  clientOrderIdLength: 36,
  styles: ['market', 'marketable-limit'],
  restingStop: restingStop(mode, { amend: false }),
  limits: [
    { name: 'orders', groups: ['orders'], perSecond: 20 },
    { name: 'account', groups: ['account'], perSecond: 4 },
    { name: 'quotes', groups: ['quotes'], perSecond: 2 },
  ],
})
