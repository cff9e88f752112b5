import type { CallDesk } from '../actors/call-desk.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Broker } from '../ports/broker.ts'

export interface PacedBrokerOptions {
  readonly desk: CallDesk
  /** Whether orders may leave at this moment. */
  mayLeave(): boolean
  /** Loss at risk of a position, money: the higher goes first. */
  urgencyOf(order: ExitOrder): number
}

/**
 * The same broker, each call of which waits its turn at the desk: exits first, then what became of
 * orders, then holdings, then quotes.
 */
export function pacedBroker(
  broker: Broker,
  { desk, mayLeave, urgencyOf }: PacedBrokerOptions,
): Broker {
  const { openOrders, streamOrders } = broker
  return {
    capabilities: broker.capabilities,
    placeExit: (order, signal) =>
      desk.submit({
        ...{ group: 'orders', lane: 'exits', key: order.positionId, operation: 'placeExit' },
        ...{ urgency: urgencyOf(order), mayLeave },
        isNeutral: ({ kind }) => kind === 'rejected',
        run: deadline => broker.placeExit(order, AbortSignal.any([signal, deadline])),
      }),
    cancel: (id, signal) =>
      desk.submit({
        ...{ group: 'orders', lane: 'exits', key: `cancel ${id}`, operation: 'cancel' },
        ...{ urgency: 0, mayLeave },
        run: deadline => broker.cancel(id, AbortSignal.any([signal, deadline])),
      }),
    orderByClientId: (id, signal) =>
      desk.submit({
        ...{ group: 'account', lane: 'orderStatus', key: id, operation: 'orderByClientId' },
        run: deadline => broker.orderByClientId(id, AbortSignal.any([signal, deadline])),
      }),
    holding: (key, signal) =>
      desk.submit({
        ...{ group: 'account', lane: 'holdings', operation: 'holding' },
        key: JSON.stringify([key.account, key.instrument, key.side, key.ticket]),
        run: deadline => broker.holding(key, AbortSignal.any([signal, deadline])),
      }),
    holdings: signal =>
      desk.submit({
        ...{ group: 'account', lane: 'holdings', key: 'all', operation: 'holdings' },
        run: deadline => broker.holdings(AbortSignal.any([signal, deadline])),
      }),
    quotes: (instruments, signal) =>
      desk.submit({
        ...{ group: 'quotes', lane: 'quotes', key: instruments.join(' '), operation: 'quotes' },
        run: deadline => broker.quotes(instruments, AbortSignal.any([signal, deadline])),
      }),
    ...(openOrders !== undefined && {
      openOrders: (signal: AbortSignal) =>
        desk.submit({
          ...{ group: 'account', lane: 'holdings', key: 'orders', operation: 'openOrders' },
          run: deadline => openOrders.call(broker, AbortSignal.any([signal, deadline])),
        }),
    }),
    ...(streamOrders !== undefined && {
      streamOrders: (listener: Parameters<typeof streamOrders>[0]) =>
        streamOrders.call(broker, listener),
    }),
    close: () => broker.close(),
  }
}
