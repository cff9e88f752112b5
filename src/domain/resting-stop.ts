import type { ExitOrder } from './order.ts'

/** The price that a venue compares with the trigger of a stop order. */
export type TriggerSource = 'last' | 'mark'

/** When a stop order that rests at the venue becomes an order to close. */
export interface StopTrigger {
  /** Price per unit: a long is sold at it or below, a short is bought back at it or above. */
  readonly price: number
  readonly by: TriggerSource
  /** Price per unit of the limit order that the stop becomes; without it the order is at market. */
  readonly limit?: number
}

/** An order that closes a position once its trigger is met. */
export interface StopOrder extends ExitOrder {
  readonly trigger: StopTrigger
}

/** Types of stop orders. */
export type StopKind = 'stop-market' | 'stop-limit'

/** What a venue offers of stop orders that rest there until a price triggers them. */
export interface RestingStop {
  readonly kinds: readonly StopKind[]
  /** A resting stop reserves its quantity: no other order can close the same units meanwhile. */
  readonly reserves: boolean
  /** The trigger of a resting stop can be changed without a new order. */
  readonly amend: boolean
  readonly triggers: readonly TriggerSource[]
  /** Largest distance between the price and the trigger, percent of the price; absent: no limit. */
  readonly maxDistancePct?: number
  /** `day`: the venue ends every resting stop at the end of its trading day. */
  readonly expires: 'day' | 'ever'
}

/** Settings of the net of a position: a stop at the venue, behind the position's own stop. */
export interface NetOptions {
  /** Distance of the trigger behind the position's own stop, percent of that stop. */
  readonly beyondPct: number
  /** The trigger moves once the own stop has gained this much, percent of the trigger. */
  readonly minMovePct: number
  /** Shortest time between two changes of one net, ms. */
  readonly everyMs: number
  /** The price that triggers; default: the first one that the venue offers. */
  readonly trigger?: TriggerSource
  /** Distance of the limit beyond the trigger where a venue takes stop-limit orders only, percent. */
  readonly limitPct: number
}

/** Ids of nets differ from those of exits: an adapter finds them where its venue keeps stop orders apart. */
export const NET_ID_PREFIX = 'wkn'

/** Whether an order id has the format of a net, of this or of another store. */
export const isNetId = (id: string): boolean => /^wkn[0-9a-f]+$/.test(id)
