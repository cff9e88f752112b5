import type { ExitOrder, Fill } from '../domain/order.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { ExitAnswer, LivedOrder } from '../ports/broker.ts'

/** What a paper account stores for an order that it has accepted; `at` in epoch ms. */
export type OrderRecord =
  | { readonly kind: 'working'; readonly order: ExitOrder; readonly at: number }
  | { readonly kind: 'filled'; readonly fill: Fill; readonly at: number }
  /** Its side held less than the order asked for: that much was filled, the rest was cancelled. */
  | { readonly kind: 'cut'; readonly fill: Fill; readonly at: number }
  | { readonly kind: 'cancelled'; readonly at: number }
  /** A stop order whose trigger was not met yet. */
  | { readonly kind: 'resting'; readonly order: StopOrder; readonly at: number }

const NOTHING = { quantity: 0, price: null } as const

/** The answer to an order with this record. */
export const answerOf = (record: OrderRecord): ExitAnswer => ({
  kind: 'acknowledged',
  order: orderOf(record),
})

/** The state of an order with this record, as the venue reports it. */
export function orderOf(record: OrderRecord): LivedOrder {
  switch (record.kind) {
    case 'working':
    case 'resting':
      return { kind: 'working', executed: NOTHING }
    case 'cancelled':
      return { kind: 'ended', executed: NOTHING }
    case 'filled':
    case 'cut': {
      const { quantity, price } = record.fill
      const kind = record.kind === 'filled' ? 'filled' : 'ended'
      return { kind, executed: { quantity, price } }
    }
  }
}
