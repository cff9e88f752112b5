import { SMALLEST } from '../domain/bounds.ts'
import { ratioOfSums } from '../domain/decimal.ts'
import type { InstrumentSpec } from '../domain/instrument.ts'
import { isAtLeast, type Side } from '../domain/position.ts'
import type { NetOptions, RestingStop, StopTrigger } from '../domain/resting-stop.ts'
import { limitPrice } from '../exits/quantity.ts'

type Steps = Partial<Pick<InstrumentSpec, 'tickSize' | 'mayBeNegative'>>

/** What determines the trigger of a net. */
export interface Aim {
  readonly side: Side
  /** The position's own stop, price per unit. */
  readonly stop: number
  readonly net: NetOptions
  readonly venue: RestingStop
  readonly spec: Steps
}

/** The trigger that lies `beyondPct` behind the own stop, on a whole tick away from it. */
export function triggerFor({ side, stop, net, venue, spec }: Aim): StopTrigger {
  const price = limitPrice({ side, price: stop, ...spec }, net.beyondPct)
  const by = net.trigger ?? venue.triggers[0]!
  if (venue.kinds.includes('stop-market')) return { price, by }
  return { price, by, limit: limitPrice({ side, price, ...spec }, net.limitPct) }
}

/** Whether a trigger lies behind the own stop: no price meets it before the own stop. */
export const isBehind = (side: Side, { price }: StopTrigger, stop: number): boolean =>
  price !== stop && isAtLeast(side, stop, price)

/** Whether a price has met a trigger. */
export const isMet = (side: Side, { price }: StopTrigger, last: number): boolean =>
  isAtLeast(side, price, last)

/** How much nearer to the price a trigger is than the one before it, percent of that; below 0: farther. */
export function gainPct(side: Side, before: StopTrigger, after: StopTrigger): number {
  const sign = side === 'long' ? 1 : -1
  const base = Math.max(SMALLEST, Math.abs(before.price))
  return ratioOfSums(sign * after.price, 100, -sign * before.price, 100, base)
}

/** Distance of a trigger from a price, percent of the price. */
export const distancePct = ({ price }: StopTrigger, last: number): number =>
  (Math.abs(last - price) / Math.max(SMALLEST, Math.abs(last))) * 100
