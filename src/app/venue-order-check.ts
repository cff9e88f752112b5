import type { PositionMode, VenueBroker } from '../brokers/venue/account.ts'
import type { VenueInstrument } from '../brokers/venue/instrument.ts'
import { product } from '../domain/decimal.ts'
import { positionId, type InstrumentId } from '../domain/ids.ts'
import { newId, signal } from './venue-trader.ts'

/** A smallest order is worth this much more than the smallest value, as prices move. */
const ABOVE_MINIMUM = 1.5

/** What the venue says of the order; null: nothing that can be relied on. */
export interface CheckedOrder {
  readonly isAccepted: boolean | null
  /** Why it is not accepted. */
  readonly note?: string
}

/**
 * Asks the venue to check the smallest order at market, which it does not place: the exit of a part of what is
 * held, or a purchase where nothing is held.
 *
 * @throws errors of the broker where the account cannot be read.
 */
export async function checkedOrder(
  broker: VenueBroker,
  given: {
    readonly instrument: InstrumentId
    readonly callTimeoutMs: number
    readonly positionMode: PositionMode
  },
): Promise<CheckedOrder> {
  const { instrument, callTimeoutMs, positionMode } = given
  const holdings = await broker.holdings(signal(callTimeoutMs))
  const held = holdings.find(each => each.instrument === instrument)
  // In hedge mode every order closes: there is none where nothing is held.
  if (held === undefined && positionMode === 'hedge')
    return { isAccepted: null, note: `the account holds nothing of ${instrument}, in hedge mode` }
  const instruments = await broker.instruments(signal(callTimeoutMs))
  const [quote] = await broker.quotes([instrument], signal(callTimeoutMs))
  const fixed = instruments.find(each => each.instrument === instrument)
  if (fixed === undefined || quote === undefined || !(quote.price > 0))
    return { isAccepted: null, note: `the venue has no price of ${instrument}` }
  const order = {
    clientOrderId: newId(),
    positionId: positionId('venue-test'),
    instrument,
    // The side of the holding that an order closes: a purchase closes a short.
    side: held !== undefined && held.quantity > 0 ? ('long' as const) : ('short' as const),
    quantity: smallestOf(fixed, quote.price),
    priceSource: 'trade' as const,
    reduceOnly: held !== undefined,
  }
  const checked = await broker.checkOrder(order, signal(callTimeoutMs))
  if (checked.kind === 'accepted') return { isAccepted: true }
  return { isAccepted: checked.kind === 'refused' ? false : null, note: checked.text }
}

/** The smallest quantity that the venue takes, in whole lots. */
export function smallestOf(fixed: VenueInstrument, price: number): number {
  const { lot = 1, minQuantity = 0, minNotional = 0, multiplier } = fixed
  const ofValue = (ABOVE_MINIMUM * minNotional) / (price * multiplier)
  return product(Math.max(1, Math.ceil(Math.max(minQuantity, ofValue) / lot - 1e-9)), lot)
}
