import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'
import { priceIn, type Tick, viewOf } from '../domain/tick.ts'
import type { Broker, ExitAnswer } from '../ports/broker.ts'
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
    const tick = this.quotes.last(order.instrument)
    if (tick === undefined) {
      this.working.set(order.clientOrderId, order)
      return Promise.resolve({ kind: 'acknowledged' })
    }
    return Promise.resolve({ kind: 'filled', fill: this.fill(order, tick) })
  }

  streamOrders(listener: (fill: Fill) => void): void {
    this.listeners.push(listener)
  }

  /** Shows a good tick to the orders that wait for one. */
  observe(tick: Tick): void {
    if (this.working.size === 0) return
    for (const [id, order] of this.working) {
      if (order.instrument !== tick.instrument) continue
      this.working.delete(id)
      const fill = this.fill(order, tick)
      for (const listener of this.listeners) listener(fill)
    }
  }

  private fill(order: ExitOrder, tick: Tick): Fill {
    const { clientOrderId, positionId, quantity, side, priceSource } = order
    const price = priceIn(viewOf(side, priceSource), tick)
    const fill = { clientOrderId, positionId, quantity, price }
    this.fills.set(clientOrderId, fill)
    return fill
  }
}
