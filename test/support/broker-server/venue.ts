import { product } from '../../../src/domain/decimal.ts'
import { closableOf, refusalOf } from './acceptance.ts'
import {
  Book,
  isRejected,
  isWorking,
  remainingOf,
  viewOf,
  type BookOrder,
  type OrderView,
  type SentOrder,
  type VenueEvent,
} from './book.ts'
import { Journal, readJournal } from './journal.ts'
import type { FillPlan, HandOrder, HandTrade, Settings } from './script.ts'
import { dueStops, restingStops } from './stops.ts'
import { Timers } from './timers.ts'

/** The venue's answer to a new order. */
export type PlaceAnswer =
  | { readonly kind: 'acknowledged'; readonly order?: OrderView }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'rejected'; readonly code: string; readonly text?: string }

/** The venue's answer about an order. */
export type StateAnswer =
  | OrderView
  | { readonly kind: 'rejected'; readonly code: string }
  | { readonly kind: 'absent' | 'unknown' }

export interface PlaceHarm {
  readonly reject?: { readonly code: string; readonly text?: string }
  readonly plan?: FillPlan
}

/** A venue with one account on disk: it acts, makes that durable, and only then answers. */
export class Venue {
  book = new Book()
  readonly journal: Journal<VenueEvent>
  settings: Settings
  /** Called with each event once it is in the book. */
  onEvent: (event: VenueEvent) => void = () => undefined
  private readonly timers = new Timers()

  constructor(path: string, settings: Settings) {
    this.settings = settings
    this.journal = new Journal(path)
    for (const event of readJournal<VenueEvent>(path)) this.book.apply(event)
    for (const order of this.book.working) this.schedule(order)
  }

  /** The answer to an order that is not placed. */
  check(sent: SentOrder): PlaceAnswer {
    if (this.isDuplicate(sent.clientOrderId)) return { kind: 'duplicate' }
    const refusal = refusalOf(sent, this)
    return refusal === undefined ? { kind: 'acknowledged' } : { kind: 'rejected', ...refusal }
  }

  place(sent: SentOrder, { reject, plan = this.settings.fills }: PlaceHarm = {}): PlaceAnswer {
    if (this.isDuplicate(sent.clientOrderId)) return { kind: 'duplicate' }
    const number = this.book.orders.length + 1
    const at = Date.now()
    const refusal = reject ?? refusalOf(sent, this)
    if (refusal !== undefined) {
      this.commit([{ kind: 'rejected', at, number, sent, code: refusal.code }])
      return { kind: 'rejected', ...refusal }
    }
    const model = this.settings.capabilities.holdings
    const accepted: VenueEvent = { kind: 'order', at, number, sent, model, plan }
    // The order and its first fill are one write: no kill falls between them.
    const isLater = plan.afterMs !== undefined || sent.trigger !== undefined
    this.commit([accepted], () => (isLater ? [] : this.firstFill(number)))
    const order = this.book.order(number)
    if (sent.trigger === undefined) this.schedule(order)
    this.scheduleRefusal(order)
    return { kind: 'acknowledged', ...(this.settings.reportsState && { order: viewOf(order) }) }
  }

  cancel(clientOrderId: string, { crossShare = 0 } = {}): StateAnswer {
    const order = this.find(clientOrderId, Infinity)
    if (order !== undefined && isWorking(order)) {
      if (crossShare > 0) this.commit(this.execution(order, crossShare))
      if (isWorking(order)) this.commit([this.ended(order)])
    }
    return this.state(clientOrderId, Infinity)
  }

  /** State of an order, as far as the venue can know it by now. */
  state(clientOrderId: string, at = Date.now() - this.settings.lagMs.order): StateAnswer {
    const { lookup } = this.settings.capabilities
    const order = this.find(clientOrderId, at)
    if (lookup === 'none') return { kind: 'unknown' }
    if (order === undefined || this.isForgotten(order)) return { kind: 'absent' }
    if (lookup === 'open-only' && !isWorking(order, at)) return { kind: 'absent' }
    if (isRejected(order, at)) return { kind: 'rejected', code: order.rejected! }
    return viewOf(order, at)
  }

  openOrders(): BookOrder[] {
    const at = Date.now() - this.settings.lagMs.order
    // An order that has just ended shows at once; one that has just arrived does not.
    const seen = this.settings.lagMs.order === 0 ? [...this.book.working] : this.book.orders
    return seen.filter(order => order.at <= at && isWorking(order, at))
  }

  hand(trade: HandTrade): void {
    const model = this.settings.capabilities.holdings
    this.commit([{ kind: 'hand', at: Date.now(), model, ...trade }])
  }

  /** Adds a working order of another trader. */
  handOrder({ clientOrderId = '', side, ...order }: HandOrder): void {
    const action = side === 'long' ? 'sell' : 'buy'
    const sent: SentOrder = {
      ...order,
      clientOrderId,
      side,
      action,
      type: 'market',
      reduceOnly: true,
    }
    const { holdings: model } = this.settings.capabilities
    const number = this.book.orders.length + 1
    this.commit([{ kind: 'order', at: Date.now(), number, sent, model, plan: { share: 0 } }])
  }

  endHandOrders(): void {
    const others = [...this.book.working].filter(({ clientOrderId }) => clientOrderId === '')
    this.commit(others.map(this.ended))
  }

  price(instrument: string, price: number): void {
    this.commit([{ kind: 'price', at: Date.now(), instrument, price }])
    const working = [...this.book.working]
    for (const order of working) {
      const { share, afterMs } = order.plan
      const waits = share === 1 && afterMs === undefined && order.instrument === instrument
      if (waits) this.commit(this.firstFill(order.number))
    }
    this.triggerStops()
  }

  /** Executes the stops that prices have met, or all of them: to trigger and to fill is one write. */
  triggerStops({ isForced = false } = {}): void {
    for (const { number } of dueStops(this.book, isForced)) {
      this.commit([{ kind: 'triggered', at: Date.now(), order: number }], () =>
        this.firstFill(number),
      )
    }
  }

  endStops(): void {
    this.commit(restingStops(this.book).map(this.ended))
  }

  /** Ends every working order, and forgets all that arrived before. */
  endDay(): void {
    const ended = [...this.book.working].map(this.ended)
    this.commit([...ended, { kind: 'day-over', at: Date.now() }])
  }

  /** Gives a resting stop another trigger; gives the state of the order after that. */
  amend(clientOrderId: string, trigger: NonNullable<SentOrder['trigger']>): StateAnswer {
    const order = this.find(clientOrderId, Infinity)
    if (order !== undefined && isWorking(order) && order.rests !== null)
      this.commit([{ kind: 'amended', at: Date.now(), order: order.number, trigger }])
    this.triggerStops()
    return this.state(clientOrderId, Infinity)
  }

  fillWorking(): void {
    const working = [...this.book.working]
    for (const order of working) this.commit(this.execution(order, 1))
  }

  /** Starts with an account in which nothing has happened. */
  forget(): void {
    this.timers.clear()
    this.journal.empty()
    this.book = new Book()
  }

  close(): void {
    this.timers.clear()
    this.journal.close()
  }

  private isDuplicate(clientOrderId: string): boolean {
    const { dedupe } = this.settings.capabilities
    if (dedupe === 'never') return false
    // What the exchange refused after the venue had accepted it has used its id.
    const orders = this.book.ordersOf(clientOrderId)
    const lived = orders.filter(order => !isRejected(order) || order.rejectedAt > order.at)
    return lived.some(order => dedupe === 'always' || isWorking(order))
  }

  private find(clientOrderId: string, at: number): BookOrder | undefined {
    return this.book.ordersOf(clientOrderId).findLast(order => order.at <= at)
  }

  /** Whether the venue finds an order no more: it is too old, or of a day that is over. */
  private isForgotten({ at }: BookOrder): boolean {
    const { lookupKeeps = 'ever' } = this.settings.capabilities
    const keepsMs = lookupKeeps !== 'ever' && 'ms' in lookupKeeps ? lookupKeeps.ms : Infinity
    return at <= this.book.dayOverAt || Date.now() - at >= keepsMs
  }

  private firstFill(number: number): VenueEvent[] {
    const order = this.book.order(number)
    const events = this.execution(order, order.plan.share)
    if (order.plan.ends !== true || events.some(event => event.kind === 'ended')) return events
    return [...events, this.ended(order)]
  }

  /** Fills a share of what is left, as far as price and holding allow. */
  private execution(order: BookOrder, share: number): VenueEvent[] {
    const price = this.book.prices.get(order.instrument)?.price
    if (price === undefined || share === 0 || order.rests !== null) return []
    if (order.limit !== undefined && isWorse(order.action, price, order.limit)) return []
    const { capabilities, lot } = this.settings
    const { reduceOnly, holdings } = capabilities
    const isReducing = holdings !== 'net' || (reduceOnly && order.reduceOnly)
    const left = remainingOf(order)
    const part = product(left, share)
    const wanted = lot === null ? part : Math.min(left, product(Math.ceil(part / lot), lot))
    const closable = closableOf(order, this.book)
    const quantity = isReducing ? Math.min(wanted, closable) : wanted
    const isGone = isReducing && closable <= wanted && closable < remainingOf(order)
    const fill: VenueEvent = { kind: 'fill', at: Date.now(), order: order.number, quantity, price }
    return [...(quantity > 0 ? [fill] : []), ...(isGone ? [this.ended(order)] : [])]
  }

  private ended = ({ number }: BookOrder): VenueEvent => ({
    kind: 'ended',
    at: Date.now(),
    order: number,
  })

  /** Future fills, also of orders that an earlier process has accepted. */
  private schedule({ number, at, plan }: BookOrder): void {
    const { afterMs, restMs } = plan
    const isDone = (): boolean => !isWorking(this.book.order(number))
    if (afterMs !== undefined && this.book.order(number).fills.length === 0)
      this.timers.later(
        at + afterMs - Date.now(),
        () => !isDone() && this.commit(this.firstFill(number)),
      )
    if (restMs !== undefined)
      this.timers.later(
        at + (afterMs ?? 0) + restMs - Date.now(),
        () => !isDone() && this.commit(this.execution(this.book.order(number), 1)),
      )
  }

  /** The exchange refuses an accepted order that has no fill by then, where its plan says so. */
  private scheduleRefusal({ number, plan: { rejectsAfterMs } }: BookOrder): void {
    if (rejectsAfterMs === undefined) return
    this.timers.later(rejectsAfterMs, () => {
      const order = this.book.order(number)
      if (!isWorking(order) || order.fills.length > 0) return
      this.commit([{ kind: 'refused', at: Date.now(), order: number, code: 'refused' }])
    })
  }

  /** Fills the rest of orders that have ended, where their plan says so. */
  private scheduleLate(events: readonly VenueEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'ended') continue
      const order = this.book.order(event.order)
      const { fillsAfterEndMs } = order.plan
      if (fillsAfterEndMs === undefined) continue
      this.timers.later(fillsAfterEndMs, () => this.commit(this.execution(order, 1)))
    }
  }

  /** Puts events on disk and then into the book; `more` are those that follow from them, in one write. */
  private commit(events: VenueEvent[], more?: () => VenueEvent[]): void {
    if (events.length === 0) return
    if (events.every(event => event.kind === 'price')) {
      // A price that is lost in a crash is followed by the next one.
      this.journal.append(events, { isLazy: true })
      for (const event of events) this.book.apply(event)
      return
    }
    if (more === undefined) {
      this.journal.append(events)
      for (const event of events) this.book.apply(event)
      this.scheduleLate(events)
      for (const event of events) this.onEvent(event)
      return
    }
    // What follows depends on the book, which no reader sees before this event turn ends.
    for (const event of events) this.book.apply(event)
    const following = more()
    this.journal.append([...events, ...following])
    for (const event of following) this.book.apply(event)
    this.scheduleLate(following)
    for (const event of [...events, ...following]) this.onEvent(event)
  }
}

const isWorse = (action: 'buy' | 'sell', price: number, limit: number): boolean =>
  action === 'sell' ? price < limit : price > limit
