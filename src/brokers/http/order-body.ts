import type { ExitOrder } from '../../domain/order.ts'

/** An order as the protocol of docs/brokers.md has it. */
export function bodyOf(order: ExitOrder): Record<string, unknown> {
  const { clientOrderId, instrument, side, quantity, reduceOnly, limit, account, ticket } = order
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
  }
}
