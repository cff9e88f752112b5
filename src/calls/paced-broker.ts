import type { HoldingKey } from '../domain/holding.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Broker } from '../ports/broker.ts'
import type { HoldingSource, Sender } from '../ports/sender.ts'
import type { CallDesk } from './call-desk.ts'
import { QuoteBatch } from './quote-batch.ts'

export interface PacedBrokerOptions {
  readonly desk: CallDesk
  /** Whether orders may leave at this moment. */
  mayLeave(): boolean
  /** Whether an exit waits to know what is held of this. */
  isAwaited(holding: HoldingKey): boolean
  /** Whether an exit may wait to know which orders work. */
  areOrdersAwaited(): boolean
  /** Loss at risk of a position, money: the higher goes first. */
  urgencyOf(order: ExitOrder): number
}

/** A broker whose calls wait their turn; it reports the moment at which an order, or a question, leaves. */
export type PacedBroker = Omit<Broker, 'placeExit' | 'holding'> &
  Pick<Sender, 'placeExit' | 'queues'> &
  Pick<HoldingSource, 'holding'>

/**
 * The same broker, each call of which waits its turn at the desk: exits first, then what became of
 * orders, then holdings, then quotes.
 */
export function pacedBroker(broker: Broker, options: PacedBrokerOptions): PacedBroker {
  const { desk } = options
  const { streamOrders } = broker
  const batch = new QuoteBatch({
    submit: (key, run) =>
      desk.submit({ group: 'quotes', lane: 'quotes', key, operation: 'quotes', run }),
    ask: (instruments, ending) => broker.quotes(instruments, ending),
  })
  return {
    capabilities: broker.capabilities,
    queues: true,
    ...orderCalls(broker, options),
    ...holdingCalls(broker, options),
    quotes: instruments => batch.quotes(instruments),
    ...(streamOrders !== undefined && {
      streamOrders: (listener: Parameters<typeof streamOrders>[0]) =>
        streamOrders.call(broker, listener),
    }),
    close: () => broker.close(),
  }
}

/** Orders, their cancellation and their state. */
function orderCalls(
  broker: Broker,
  { desk, mayLeave, urgencyOf }: PacedBrokerOptions,
): Pick<PacedBroker, 'placeExit' | 'cancel' | 'orderByClientId'> {
  return {
    placeExit: (order, signal, leaving) =>
      desk.submit({
        group: 'orders',
        lane: 'exits',
        key: order.positionId,
        operation: 'placeExit',
        urgency: urgencyOf(order),
        mayLeave: () => mayLeave() && leaving?.isWanted() !== false,
        isReady: isPaced => leaving?.mayLeave(isPaced) !== false,
        isRejection: ({ kind }) => kind === 'rejected',
        signal,
        run: ending => {
          leaving?.left()
          return broker.placeExit(order, ending)
        },
      }),
    cancel: (id, signal, instrument) =>
      desk.submit({
        group: 'orders',
        lane: 'exits',
        key: `cancel ${id}`,
        operation: 'cancel',
        urgency: 0,
        mayLeave,
        signal,
        run: ending => broker.cancel(id, ending, instrument),
      }),
    orderByClientId: (id, signal, instrument) =>
      desk.submit({
        group: 'account',
        lane: 'orderStatus',
        key: id,
        operation: 'orderByClientId',
        // Every such question belongs to an exit.
        isAwaited: () => true,
        signal,
        run: ending => broker.orderByClientId(id, ending, instrument),
      }),
  }
}

/** What the account holds, and which orders work there. */
function holdingCalls(
  broker: Broker,
  { desk, isAwaited, areOrdersAwaited }: PacedBrokerOptions,
): Pick<PacedBroker, 'holding' | 'holdings' | 'openOrders'> {
  const { openOrders } = broker
  return {
    holding: (key, signal, left) =>
      desk.submit({
        group: 'account',
        lane: 'holdings',
        operation: 'holding',
        key: JSON.stringify([key.account, key.instrument, key.side, key.ticket]),
        isAwaited: () => isAwaited(key),
        signal,
        run: ending => {
          left?.()
          return broker.holding(key, ending)
        },
      }),
    holdings: signal =>
      desk.submit({
        group: 'account',
        lane: 'holdings',
        key: 'all',
        operation: 'holdings',
        signal,
        run: ending => broker.holdings(ending),
      }),
    ...(openOrders !== undefined && {
      openOrders: (signal: AbortSignal) =>
        desk.submit({
          group: 'account',
          lane: 'holdings',
          key: 'orders',
          operation: 'openOrders',
          isAwaited: areOrdersAwaited,
          signal,
          run: ending => openOrders.call(broker, ending),
        }),
    }),
  }
}
