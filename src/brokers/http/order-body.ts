import type { ExitOrder } from '../../domain/order.ts'
import type { Ask } from './exchange.ts'

/** An order as the protocol of docs/brokers.md has it. */
export function bodyOf(order: ExitOrder): Record<string, unknown> {
  const { clientOrderId, instrument, side, quantity, reduceOnly, limit } = order
  const { account, ticket, product } = order
  return {
    clientOrderId,
    instrument,
    side,
    quantity,
    reduceOnly,
    action: side === 'long' ? 'sell' : 'buy',
    ...(limit === undefined ? { type: 'market' } : { type: 'limit', limit }),
    ...(account !== undefined && { account }),
    ...(ticket !== undefined && { ticket }),
    ...(product !== undefined && { product }),
  }
}

/**
 * The request that sends an order; its deadline, epoch ms by the server's clock, goes along in a header where the
 * server keeps deadlines.
 */
export const placeAsk = (order: ExitOrder, expiresAt: number): Ask => ({
  method: 'POST',
  path: '/v1/orders',
  body: bodyOf(order),
  ...(order.actBy !== undefined && { more: { 'expires-at': String(Math.floor(expiresAt)) } }),
  isOrder: true,
})
