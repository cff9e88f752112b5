import { callsOf } from '../ports/broker-layer.ts'
import type { Broker } from '../ports/broker.ts'
import type { Store } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'

type Call<Given extends unknown[], Answer> = (...given: Given) => Answer

/** Wraps a broker so that each call counts as a call to its API. */
export function countedBroker(next: Broker, telemetry: Telemetry): Broker {
  const counting =
    <Given extends unknown[], Answer>(call: Call<Given, Answer>): Call<Given, Answer> =>
    (...given) => {
      telemetry.count('apiCalls')
      return call(...given)
    }
  const calls = callsOf(next)
  return {
    ...calls,
    placeExit: counting(calls.placeExit),
    orderByClientId: counting(calls.orderByClientId),
    cancel: counting(calls.cancel),
    holding: counting(calls.holding),
    holdings: counting(calls.holdings),
    quotes: counting(calls.quotes),
    ...(calls.placeStop && { placeStop: counting(calls.placeStop) }),
    ...(calls.amendStop && { amendStop: counting(calls.amendStop) }),
    ...(calls.openOrders && { openOrders: counting(calls.openOrders) }),
  }
}

/** Wraps a store so that each read and write counts as a query. */
export const countedStore = (
  store: Pick<Store, 'rows' | 'write'>,
  telemetry: Telemetry,
): Pick<Store, 'rows' | 'write'> => ({
  rows: table => {
    telemetry.count('storeQueries')
    return store.rows(table)
  },
  write: batch => {
    telemetry.count('storeQueries')
    return store.write(batch)
  },
})
