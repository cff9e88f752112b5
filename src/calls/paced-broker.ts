import type { HoldingKey } from '../domain/holding.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Broker } from '../ports/broker.ts'
import type { HoldingSource, Sender } from '../ports/sender.ts'
import type { CallDesk } from './call-desk.ts'
import { QuoteBatch } from './quote-batch.ts'

export interface PacedBrokerOptions {
  readonly desk: CallDesk
  /** Whether orders may be sent at this moment. */
  maySendNow(): boolean
  /** Whether an exit waits for the answer about this holding. */
  isAwaited(holding: HoldingKey): boolean
  /** Whether an exit may wait for the list of working orders. */
  areOrdersAwaited(): boolean
  /** Value of the order, money: the higher goes first. */
  urgencyOf(order: ExitOrder): number
}

/** A broker whose calls are queued; it reports the moment at which an order or a query is sent. */
export type PacedBroker = Omit<Broker, 'placeExit' | 'placeStop' | 'holding'> &
  Pick<Sender, 'placeExit' | 'placeStop' | 'queues'> &
  Pick<HoldingSource, 'holding'>

/**
 * Wraps a broker so that each call is queued at the desk: exits first, then order queries, then
 * holding queries, then quotes.
 */
export function pacedBroker(broker: Broker, options: PacedBrokerOptions): PacedBroker {
  const { desk } = options
  const { streamOrders, streamHints } = broker
  const batch = new QuoteBatch({
    submit: (key, run) =>
      desk.submit({ group: 'quotes', lane: 'quotes', key, operation: 'quotes', run }),
    ask: (instruments, ending) => broker.quotes(instruments, ending),
  })
  return {
    capabilities: broker.capabilities,
    queues: true,
    ...orderCalls(broker, options),
    ...stopCalls(broker, options),
    ...holdingCalls(broker, options),
    ...accessCalls(broker, options),
    quotes: instruments => batch.quotes(instruments),
    ...(streamOrders !== undefined && {
      streamOrders: (listener: Parameters<typeof streamOrders>[0]) =>
        streamOrders.call(broker, listener),
    }),
    ...(streamHints && { streamHints: streamHints.bind(broker) }),
    close: () => broker.close(),
  }
}

/** Orders, cancels and order queries. */
function orderCalls(
  broker: Broker,
  { desk, maySendNow, urgencyOf }: PacedBrokerOptions,
): Pick<PacedBroker, 'placeExit' | 'cancel' | 'orderByClientId'> {
  return {
    placeExit: (order, signal, leaving) =>
      desk.submit({
        group: 'orders',
        lane: 'exits',
        key: order.positionId,
        operation: 'placeExit',
        urgency: urgencyOf(order),
        isWanted: () => maySendNow() && leaving?.isWanted() !== false,
        isReady: isPaced => leaving?.isReady(isPaced) !== false,
        isRejection: ({ kind }) => kind === 'rejected',
        signal,
        run: ending => {
          const due = leaving?.left() ?? order
          return broker.placeExit(due, ending)
        },
      }),
    cancel: (id, signal, instrument) =>
      desk.submit({
        group: 'orders',
        lane: 'exits',
        key: `cancel ${id}`,
        operation: 'cancel',
        urgency: 0,
        isWanted: maySendNow,
        signal,
        run: ending => broker.cancel(id, ending, instrument),
      }),
    orderByClientId: (id, signal, instrument) =>
      desk.submit({
        group: 'account',
        lane: 'orderStatus',
        key: id,
        operation: 'orderByClientId',
        // Every such query belongs to an exit.
        isAwaited: () => true,
        signal,
        run: ending => broker.orderByClientId(id, ending, instrument),
      }),
  }
}

/** Resting stops: they leave after exits, in the lane of order queries. */
function stopCalls(
  broker: Broker,
  { desk, maySendNow }: PacedBrokerOptions,
): Pick<PacedBroker, 'placeStop' | 'amendStop'> {
  const { placeStop, amendStop } = broker
  const slot = { group: 'orders', lane: 'orderStatus' } as const
  return {
    ...(placeStop !== undefined && {
      placeStop: (order, signal, leaving) =>
        desk.submit({
          ...slot,
          key: `stop ${order.clientOrderId}`,
          operation: 'placeStop',
          isWanted: () => maySendNow() && leaving?.isWanted() !== false,
          isReady: isPaced => leaving?.isReady(isPaced) !== false,
          isRejection: ({ kind }) => kind === 'rejected',
          signal,
          run: ending => {
            leaving?.left()
            return placeStop.call(broker, order, ending)
          },
        }),
    }),
    ...(amendStop !== undefined && {
      amendStop: (order, signal) =>
        desk.submit({
          ...slot,
          key: `amend ${order.clientOrderId}`,
          operation: 'amendStop',
          isWanted: maySendNow,
          isRejection: ({ kind }) => kind === 'rejected',
          signal,
          run: ending => amendStop.call(broker, order, ending),
        }),
    }),
  }
}

/** Queries about the access to the account. No exit waits for them: they use the lane of holding queries. */
function accessCalls(
  broker: Broker,
  { desk }: PacedBrokerOptions,
): Pick<
  PacedBroker,
  'instruments' | 'positionMode' | 'permissions' | 'time' | 'credentials' | 'changes'
> {
  const { instruments, positionMode, permissions, credentials, changes, time } = broker
  const paced =
    <Answer>(operation: string, ask: (signal: AbortSignal) => Promise<Answer>) =>
    (signal: AbortSignal): Promise<Answer> =>
      desk.submit({
        group: 'account',
        lane: 'holdings',
        key: operation,
        operation,
        signal,
        run: ask,
      })
  return {
    ...(instruments && { instruments: paced('instruments', instruments.bind(broker)) }),
    ...(positionMode && { positionMode: paced('positionMode', positionMode.bind(broker)) }),
    ...(permissions && { permissions: paced('permissions', permissions.bind(broker)) }),
    ...(time && { time: paced('time', time.bind(broker)) }),
    ...(credentials && { credentials: credentials.bind(broker) }),
    ...(changes && {
      changes: (key: HoldingKey, since: number, signal: AbortSignal) =>
        desk.submit({
          group: 'account',
          lane: 'holdings',
          key: `changes ${JSON.stringify(key)}`,
          operation: 'changes',
          signal,
          run: ending => changes.call(broker, key, since, ending),
        }),
    }),
  }
}

/** Holding queries and the list of working orders. */
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
        key: JSON.stringify([key.account, key.instrument, key.side, key.ticket, key.product]),
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
