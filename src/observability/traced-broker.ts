import { callsOf } from '../ports/broker-layer.ts'
import type { Broker } from '../ports/broker.ts'
import type { ExitTraces } from './tracing.ts'

/** Wraps a broker so that each call about one order becomes part of a trace. */
export const tracedBroker = (next: Broker, traces: Pick<ExitTraces, 'call'>): Broker => ({
  ...callsOf(next),
  placeExit: (order, signal) =>
    traces.call({ operation: 'placeExit', ...order }, () => next.placeExit(order, signal)),
  orderByClientId: (clientOrderId, signal, instrument) =>
    traces.call({ operation: 'orderByClientId', clientOrderId }, () =>
      next.orderByClientId(clientOrderId, signal, instrument),
    ),
  cancel: (clientOrderId, signal, instrument) =>
    traces.call({ operation: 'cancel', clientOrderId }, () =>
      next.cancel(clientOrderId, signal, instrument),
    ),
})
