import { difference, sum } from '../../../src/domain/decimal.ts'
import type { Side } from '../../../src/domain/position.ts'
import type { Capabilities } from '../../../src/ports/broker.ts'
import { readJournal } from './journal.ts'
import type { FillPlan, HandTrade } from './script.ts'

/** An order as it was sent. */
export interface SentOrder {
  readonly clientOrderId: string
  readonly instrument: string
  readonly action: 'buy' | 'sell'
  /** Side of the holding that it closes. */
  readonly side: Side
  readonly quantity: number
  readonly type: 'market' | 'limit'
  readonly limit?: number
  readonly reduceOnly: boolean
  readonly account?: string
  readonly ticket?: string
  readonly product?: string
  /** The order rests until a price meets it. */
  readonly trigger?: { readonly price: number; readonly by: 'last' | 'mark' }
}

/** One line of the venue's file. Times are epoch ms, `order` is a number of the venue. */
export type VenueEvent = { readonly at: number } & (
  | { readonly kind: 'price'; readonly instrument: string; readonly price: number }
  | ({ readonly kind: 'hand'; readonly model: Capabilities['holdings'] } & HandTrade)
  | {
      readonly kind: 'order'
      readonly number: number
      readonly sent: SentOrder
      readonly model: Capabilities['holdings']
      readonly plan: FillPlan
    }
  | { readonly kind: 'rejected'; readonly number: number; readonly sent: SentOrder; code: string }
  | { readonly kind: 'fill'; readonly order: number; readonly quantity: number; price: number }
  | { readonly kind: 'ended'; readonly order: number }
  /** The exchange refuses an order that the venue had accepted. */
  | { readonly kind: 'refused'; readonly order: number; readonly code: string }
  /** Orders that arrived before are not found any more. */
  | { readonly kind: 'day-over' }
  | { readonly kind: 'triggered'; readonly order: number }
  | {
      readonly kind: 'amended'
      readonly order: number
      readonly trigger: NonNullable<SentOrder['trigger']>
    }
)

export interface BookFill {
  readonly at: number
  readonly order: number
  readonly clientOrderId: string
  readonly instrument: string
  readonly action: 'buy' | 'sell'
  /** Units, > 0. */
  readonly quantity: number
  readonly price: number
}

/** An order that the venue has seen. */
export interface BookOrder extends SentOrder {
  readonly at: number
  /** Its number at the venue, from 1; several may have one client order id. */
  readonly number: number
  rejected: string | null
  /** Epoch ms; before that time an order that the exchange refused worked. */
  rejectedAt: number
  readonly holding: string
  readonly plan: FillPlan
  readonly fills: BookFill[]
  endedAt: number | null
  /** The present trigger of a stop, until a price has met it. */
  rests: SentOrder['trigger'] | null
}

/** State of an order; prices are averages. */
export interface OrderView {
  readonly kind: 'working' | 'filled' | 'ended'
  readonly executed: { readonly quantity: number; readonly price: number | null }
}

export interface BookHolding {
  readonly account?: string
  readonly instrument: string
  readonly side?: Side
  readonly ticket?: string
  readonly product?: string
  /** Units, > 0 for a long and < 0 for a short. */
  readonly quantity: number
}

type HoldingName = Omit<BookHolding, 'quantity'>

/** The history of a venue, and its state at any time. */
export class Book {
  readonly orders: BookOrder[] = []
  readonly fills: BookFill[] = []
  readonly prices = new Map<string, { price: number; at: number }>()
  /** Orders that work, in the order of their arrival. */
  readonly working = new Set<BookOrder>()
  /** When the venue's last day was over, epoch ms. */
  dayOverAt = -Infinity
  private readonly byClientId = new Map<string, BookOrder[]>()
  private readonly names = new Map<string, HoldingName>()
  /** Quantities of each holding, by the key that `nameOf` gives, oldest first. */
  readonly history = new Map<string, { at: number; quantity: number }[]>()

  apply(event: VenueEvent): void {
    switch (event.kind) {
      case 'price':
        this.prices.set(event.instrument, event)
        break
      case 'hand':
        this.change(this.nameOf(event, event.model), event)
        break
      case 'order':
      case 'rejected':
        this.add(this.orderOf(event))
        break
      case 'fill':
        this.fill(event)
        break
      case 'triggered':
        this.order(event.order).rests = null
        break
      case 'amended':
        this.order(event.order).rests = event.trigger
        break
      case 'ended':
        this.order(event.order).endedAt = event.at
        this.working.delete(this.order(event.order))
        break
      case 'refused': {
        const order = this.order(event.order)
        order.rejected = event.code
        order.rejectedAt = event.at
        this.working.delete(order)
        break
      }
      case 'day-over':
        this.dayOverAt = event.at
    }
  }

  order(number: number): BookOrder {
    return this.orders[number - 1]!
  }

  /** Every order of an id, in the order of their arrival. */
  ordersOf(clientOrderId: string): readonly BookOrder[] {
    return this.byClientId.get(clientOrderId) ?? []
  }

  /** Units held at a time, by the key that `nameOf` gives. */
  quantity(key: string, at = Infinity): number {
    return this.history.get(key)?.findLast(each => each.at <= at)?.quantity ?? 0
  }

  /** Whether a holding has ever been there. */
  hasTraded(key: string): boolean {
    return this.history.has(key)
  }

  /** What is held at a time. */
  holdings(at = Infinity): BookHolding[] {
    return [...this.names]
      .map(([key, name]) => ({ ...name, quantity: this.quantity(key, at) }))
      .filter(({ quantity }) => quantity !== 0)
  }

  /** The key of a holding, by the fields that the venue distinguishes. */
  nameOf(fields: HoldingName, model: Capabilities['holdings']): string {
    const { account, instrument, side, ticket, product } = fields
    const name = {
      ...(account !== undefined && { account }),
      instrument,
      ...(model === 'sides' && side !== undefined && { side }),
      ...(model === 'tickets' && ticket !== undefined && { ticket }),
      ...(product !== undefined && { product }),
    }
    const key = JSON.stringify(name)
    if (!this.names.has(key)) this.names.set(key, name)
    return key
  }

  private add(order: BookOrder): void {
    this.orders.push(order)
    this.byClientId.set(order.clientOrderId, [...this.ordersOf(order.clientOrderId), order])
    if (order.rejected === null) this.working.add(order)
  }

  private orderOf(event: VenueEvent & { kind: 'order' | 'rejected' }): BookOrder {
    const { at, number, sent } = event
    const isRejected = event.kind === 'rejected'
    const holding = isRejected ? '' : this.nameOf(sent, event.model)
    const plan = isRejected ? { share: 0 } : event.plan
    const rejected = isRejected ? event.code : null
    const rests = sent.trigger ?? null
    const state = { rejected, rejectedAt: at, endedAt: null, rests }
    return { ...sent, ...state, at, number, holding, plan, fills: [] }
  }

  private fill({ at, order: number, quantity, price }: VenueEvent & { kind: 'fill' }): void {
    const order = this.order(number)
    const { clientOrderId, instrument, action } = order
    const fill = { at, order: number, clientOrderId, instrument, action, quantity, price }
    order.fills.push(fill)
    this.fills.push(fill)
    if (!isWorking(order)) this.working.delete(order)
    this.change(order.holding, { at, quantity: action === 'buy' ? quantity : -quantity })
  }

  private change(key: string, { at, quantity }: { at: number; quantity: number }): void {
    const history = this.history.get(key) ?? []
    history.push({ at, quantity: sum(this.quantity(key), quantity) })
    this.history.set(key, history)
  }
}

/** State of an order that was not rejected, at a time. */
export function viewOf(order: BookOrder, at = Infinity): OrderView {
  const fills = order.fills.filter(fill => fill.at <= at)
  const quantity = fills.map(fill => fill.quantity).reduce(sum, 0)
  const value = fills.reduce((total, fill) => total + fill.quantity * fill.price, 0)
  const executed = { quantity, price: quantity === 0 ? null : value / quantity }
  if (quantity >= order.quantity) return { kind: 'filled', executed }
  const isEnded = order.endedAt !== null && order.endedAt <= at
  return { kind: isEnded ? 'ended' : 'working', executed }
}

/** Units of an order that are not executed. */
export const remainingOf = (order: BookOrder, at = Infinity): number =>
  difference(order.quantity, viewOf(order, at).executed.quantity)

/** Whether an order works. */
export const isWorking = (order: BookOrder, at = Infinity): boolean =>
  !isRejected(order, at) && viewOf(order, at).kind === 'working'

/** Whether an order is rejected by then. */
export const isRejected = ({ rejected, rejectedAt }: BookOrder, at = Infinity): boolean =>
  rejected !== null && rejectedAt <= at

/** The book in a venue's file, whether the venue runs or not. */
export function readBook(path: string): Book {
  const book = new Book()
  for (const event of readJournal<VenueEvent>(path)) book.apply(event)
  return book
}
