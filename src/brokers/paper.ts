import { difference, sum } from '../domain/decimal.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder, LivedOrder } from '../domain/order.ts'
import { signOf, type Position, type Side } from '../domain/position.ts'
import { viewOf, type Tick } from '../domain/tick.ts'
import type {
  Broker,
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OrderState,
  OrderUpdate,
} from '../ports/broker.ts'
import type { Quotes } from '../ports/quotes.ts'
import { PAPER_CAPABILITIES } from './paper-capabilities.ts'

const SIDES: readonly Side[] = ['long', 'short']
const NOTHING = { quantity: 0, price: null } as const

/**
 * A simulated venue in memory. Fills every order immediately, as far as its side is held, at the
 * price that values the position in the last tick. An order that arrives before the first tick of
 * its instrument waits for that tick. It has no clock: its holdings are as of time 0.
 */
export class PaperBroker implements Broker {
  readonly capabilities = PAPER_CAPABILITIES
  private readonly prices: Quotes
  private readonly ended = new Map<ClientOrderId, LivedOrder>()
  private readonly working = new Map<ClientOrderId, ExitOrder>()
  /** Quantity of each side, >= 0. */
  private readonly held = new Map<InstrumentId, Record<Side, number>>()
  private readonly listeners: ((update: OrderUpdate) => void)[] = []

  constructor(prices: Quotes) {
    this.prices = prices
  }

  /** Deposits a position into the account. */
  deposit({ instrument, side, quantity }: Position): void {
    this.hold(instrument, side, sum(this.sides(instrument)[side], quantity))
  }

  placeExit(order: ExitOrder): Promise<ExitAnswer> {
    const { clientOrderId, instrument, side } = order
    const known = this.ended.get(clientOrderId)
    if (known !== undefined) return Promise.resolve({ kind: 'acknowledged', order: known })
    if (this.sides(instrument)[side] === 0) {
      return Promise.resolve({ kind: 'rejected', code: 'insufficient-quantity' })
    }
    const done = this.fill(order)
    if (done !== undefined) return Promise.resolve({ kind: 'acknowledged', order: done })
    this.working.set(clientOrderId, order)
    return Promise.resolve({ kind: 'acknowledged' })
  }

  orderByClientId(id: ClientOrderId): Promise<OrderState> {
    const ended = this.ended.get(id)
    if (ended !== undefined) return Promise.resolve(ended)
    const state: OrderState = this.working.has(id)
      ? { kind: 'working', executed: NOTHING }
      : { kind: 'absent' }
    return Promise.resolve(state)
  }

  cancel(id: ClientOrderId): Promise<OrderState> {
    if (this.working.delete(id)) this.ended.set(id, { kind: 'ended', executed: NOTHING })
    return this.orderByClientId(id)
  }

  holding({ instrument, side }: HoldingKey): Promise<HoldingReport> {
    const legs = this.sides(instrument)
    const quantity = (side === undefined ? SIDES : [side]).reduce(
      (all, each) => sum(all, signOf(each) * legs[each]),
      0,
    )
    return Promise.resolve(
      quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 },
    )
  }

  holdings(): Promise<readonly Holding[]> {
    const all = [...this.held].flatMap(([instrument, legs]) =>
      SIDES.filter(side => legs[side] > 0).map(side => {
        return { instrument, side, quantity: signOf(side) * legs[side], ageMs: 0 }
      }),
    )
    return Promise.resolve(all)
  }

  /** Returns no prices: the service values positions with those of the feed. */
  quotes(): Promise<readonly Tick[]> {
    return Promise.resolve([])
  }

  streamOrders(listener: (update: OrderUpdate) => void): void {
    this.listeners.push(listener)
  }

  /** Fills the orders that waited for the first price of an instrument. */
  priced(instrument: InstrumentId): void {
    if (this.working.size === 0) return
    for (const [clientOrderId, waiting] of this.working) {
      if (waiting.instrument !== instrument) continue
      const order = this.fill(waiting)
      if (order === undefined) continue
      this.working.delete(clientOrderId)
      for (const listener of this.listeners) listener({ clientOrderId, order })
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Executes an order at the last price of its instrument; undefined while there is no price. */
  private fill({
    clientOrderId,
    instrument,
    side,
    priceSource,
    quantity,
  }: ExitOrder): LivedOrder | undefined {
    const price = this.prices.price(instrument, viewOf(side, priceSource))
    if (price === undefined) return undefined
    const held = this.sides(instrument)[side]
    const executed = Math.min(quantity, held)
    this.hold(instrument, side, difference(held, executed))
    const order: LivedOrder = {
      kind: executed === quantity ? 'filled' : 'ended',
      executed: executed === 0 ? NOTHING : { quantity: executed, price },
    }
    this.ended.set(clientOrderId, order)
    return order
  }

  private sides(instrument: InstrumentId): Readonly<Record<Side, number>> {
    return this.held.get(instrument) ?? { long: 0, short: 0 }
  }

  private hold(instrument: InstrumentId, side: Side, quantity: number): void {
    this.held.set(instrument, { ...this.sides(instrument), [side]: quantity })
  }
}
