import type { Broker } from './broker.ts'

/** The same broker with some of its calls changed; all others go to `next`. */
export type BrokerLayer = (next: Broker) => Broker

/** A broker inside its layers, the innermost first: a call passes through the last one first. */
export const compose = (broker: Broker, layers: readonly BrokerLayer[]): Broker =>
  layers.reduce((next, layer) => layer(next), broker)

/** The calls of a broker as plain functions, for a layer that replaces some of them. */
export function callsOf(next: Broker): Broker {
  const { openOrders, streamOrders, streamHints, hasNewCredentials, placeStop, amendStop } = next
  const { instruments, positionMode, permissions, credentials, changes, time } = next
  return {
    capabilities: next.capabilities,
    placeExit: (order, signal) => next.placeExit(order, signal),
    orderByClientId: (id, signal, instrument) => next.orderByClientId(id, signal, instrument),
    cancel: (id, signal, instrument) => next.cancel(id, signal, instrument),
    holding: (key, signal) => next.holding(key, signal),
    holdings: signal => next.holdings(signal),
    quotes: (instruments, signal) => next.quotes(instruments, signal),
    ...(placeStop && { placeStop: placeStop.bind(next) }),
    ...(amendStop && { amendStop: amendStop.bind(next) }),
    ...(openOrders && { openOrders: openOrders.bind(next) }),
    ...(streamOrders && { streamOrders: streamOrders.bind(next) }),
    ...(streamHints && { streamHints: streamHints.bind(next) }),
    ...(instruments && { instruments: instruments.bind(next) }),
    ...(positionMode && { positionMode: positionMode.bind(next) }),
    ...(changes && { changes: changes.bind(next) }),
    ...(permissions && { permissions: permissions.bind(next) }),
    ...(time && { time: time.bind(next) }),
    ...(credentials && { credentials: credentials.bind(next) }),
    ...(hasNewCredentials && { hasNewCredentials: hasNewCredentials.bind(next) }),
    close: () => next.close(),
  }
}
