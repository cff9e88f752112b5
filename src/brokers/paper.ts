import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'
import type { InstrumentId } from '../domain/ids.ts'
import { viewOf } from '../domain/tick.ts'
import type { Broker, ExitAnswer, OrderState } from '../ports/broker.ts'
import type { Quotes } from '../ports/quotes.ts'

/**
 * A simulated venue. Fills every order whole, at once, at the price that its position is valued at
 * in the last tick; an order that comes before the first tick of its instrument waits for it.
 */
export class PaperBroker implements Broker {
  private readonly quotes: Quotes
  private readonly fills = new Map<ClientOrderId, Fill>()
  private readonly working = new Map<ClientOrderId, ExitOrder>()
  private readonly listeners: ((fill: Fill) => void)[] = []

  constructor(quotes: Quotes) {
    this.quotes = quotes
  }

  placeExit(order: ExitOrder): Promise<ExitAnswer> {
    const done = this.fills.get(order.clientOrderId)
    if (done !== undefined) return Promise.resolve({ kind: 'filled', fill: done })
    const fill = this.fill(order)
    if (fill !== undefined) return Promise.resolve({ kind: 'filled', fill })
    this.working.set(order.clientOrderId, order)
    return Promise.resolve({ kind: 'acknowledged' })
  }

  /** What became of an order. */
  orderByClientId(id: ClientOrderId): Promise<OrderState> {
    const fill = this.fills.get(id)
    if (fill !== undefined) return Promise.resolve({ kind: 'filled', fill })
    return Promise.resolve({ kind: this.working.has(id) ? 'working' : 'absent' })
  }

  streamOrders(listener: (fill: Fill) => void): void {
    this.listeners.push(listener)
  }

  /** Fills the orders that waited for the first price of an instrument, which now has one. */
  priced(instrument: InstrumentId): void {
    if (this.working.size === 0) return
    for (const [id, order] of this.working) {
      if (order.instrument !== instrument) continue
      const fill = this.fill(order)
      if (fill === undefined) continue
      this.working.delete(id)
      for (const listener of this.listeners) listener(fill)
    }
  }

  /** Executes the order at the last price of its instrument; undefined while there is none. */
  private fill(order: ExitOrder): Fill | undefined {
    const { clientOrderId, positionId, quantity, instrument, side, priceSource } = order
    const price = this.quotes.price(instrument, viewOf(side, priceSource))
    if (price === undefined) return undefined
    const fill = { clientOrderId, positionId, quantity, price }
    this.fills.set(clientOrderId, fill)
    return fill
  }
}
