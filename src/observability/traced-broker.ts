import type { Broker } from '../ports/broker.ts'
import type { ExitTraces } from './tracing.ts'

/** The same broker, each call of which that is about one order is part of a trace. */
export function tracedBroker(broker: Broker, traces: Pick<ExitTraces, 'call'>): Broker {
  const traced: Pick<Broker, 'placeExit' | 'orderByClientId' | 'cancel'> = {
    placeExit: (order, signal) =>
      traces.call({ operation: 'placeExit', ...order }, () => broker.placeExit(order, signal)),
    orderByClientId: (clientOrderId, signal, instrument) =>
      traces.call({ operation: 'orderByClientId', clientOrderId }, () =>
        broker.orderByClientId(clientOrderId, signal, instrument),
      ),
    cancel: (clientOrderId, signal, instrument) =>
      traces.call({ operation: 'cancel', clientOrderId }, () =>
        broker.cancel(clientOrderId, signal, instrument),
      ),
  }
  return new Proxy(broker, {
    get(target, key) {
      if (key in traced) return traced[key as keyof typeof traced]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
