import type { SendPermission } from '../account/send-permission.ts'
import type { AccountState } from '../account/state.ts'
import { checkedBroker } from '../brokers/checked.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import { everySoOften } from '../calls/every-so-often.ts'
import type { LastAnswers } from '../calls/last-answers.ts'
import { pacedBroker, type PacedBroker } from '../calls/paced-broker.ts'
import type { Chaos } from '../chaos/chaos.ts'
import { orderValue, type InstrumentTable } from '../domain/instrument.ts'
import type { ExitOrder } from '../domain/order.ts'
import { viewOf } from '../domain/tick.ts'
import type { Meters } from '../observability/meters.ts'
import { tracedBroker } from '../observability/traced-broker.ts'
import type { ExitTraces } from '../observability/tracing.ts'
import { compose } from '../ports/broker-layer.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Quotes } from '../ports/quotes.ts'

export interface BrokerLayersDeps {
  /** Undefined: nothing goes wrong on purpose. */
  readonly chaos: Chaos | undefined
  readonly performance: Meters
  readonly traces: ExitTraces
  readonly desk: CallDesk
  readonly answers: LastAnswers
  readonly permission: Pick<SendPermission, 'maySendNow'>
  readonly state: Pick<AccountState, 'openExits'>
  readonly quotes: Quotes
  readonly instruments: InstrumentTable
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * The broker inside its layers, the innermost first. Chaos is next to the broker: every layer meets a planned
 * fault as it would meet a real one. Then each answer is checked, so that nothing further out reads a wrong
 * shape; then the last lists are kept, and each call is traced, with the outcome that the
 * gateway gets. Pacing is outermost: a call that waits at the desk is no call yet, and the desk counts each that left.
 */
export function brokerInLayers(broker: Broker, deps: BrokerLayersDeps): PacedBroker {
  const { chaos, performance, traces, desk, permission, state, quotes, instruments, clock } = deps
  const layered = compose(broker, [
    ...(chaos === undefined ? [] : [chaos.broker]),
    next => checkedBroker(next, ({ code }) => performance.count(`errors.${code}`)),
    deps.answers.layer,
    next => tracedBroker(next, traces),
  ])
  const awaited = everySoOften(
    () => clock.monotonic(),
    () => new Set([...state.openExits.values()].map(({ order }) => order.instrument)),
  )
  return pacedBroker(layered, {
    desk,
    maySendNow: () => permission.maySendNow,
    urgencyOf: order => notionalOf(order, quotes, instruments),
    isAwaited: ({ instrument }) => awaited().has(instrument),
    areOrdersAwaited: () => state.openExits.size > 0,
  })
}

/** Value of an order, money; 0 before the first price. */
function notionalOf(
  { instrument, side, priceSource, quantity }: ExitOrder,
  quotes: Quotes,
  instruments: InstrumentTable,
): number {
  const price = quotes.price(instrument, viewOf(side, priceSource)) ?? 0
  return orderValue(quantity, price, instruments.of(instrument))
}
