import type { HoldingReport } from '../../../src/domain/holding.ts'
import type {
  ExitAnswer,
  ExitOrder,
  LivedOrder,
  OrderState,
  RejectionCode,
} from '../../../src/domain/order.ts'
import type { Capabilities } from '../../../src/domain/venue.ts'

/** One order at the venue; an id may have several where the venue does not reject duplicates. */
interface VenueOrder {
  readonly order: ExitOrder
  /** When it arrived. */
  readonly at: number
  /** Its past states, oldest first. */
  readonly history: { at: number; state: LivedOrder }[]
  /** The exchange has refused it after the venue had accepted it. */
  isRejected?: boolean
}

/** What the venue does with an accepted order: units executed at once, and the fate of the rest. */
export interface Fate {
  readonly executes: number
  readonly rest: 'works' | 'ends'
}

/**
 * A venue that proves no more than it claims, and reports its state of up to `visibilityMs` ago.
 */
export class ModelVenue {
  readonly capabilities: Capabilities
  now = 1_000
  held = 0
  private readonly drifts: boolean
  /** Largest quantity of one order. */
  private readonly maxQuantity: number
  /** A limit above it is not executed. */
  private readonly price: number
  private readonly heldBefore: { at: number; quantity: number }[] = []
  private readonly orders: VenueOrder[] = []
  /** Orders that no query finds any more. */
  private readonly forgotten = new Set<VenueOrder>()
  private flying: { at: number; order: ExitOrder; fate: Fate }[] = []

  /** `drifts`: quantities are reported as sums of doubles. */
  constructor(
    capabilities: Capabilities,
    { drifts = false, maxQuantity = Infinity, price = Infinity } = {},
  ) {
    this.capabilities = capabilities
    this.drifts = drifts
    this.maxQuantity = maxQuantity
    this.price = price
  }

  /** Advances time; requests in transit arrive. */
  advance(ms: number): void {
    const until = this.now + ms
    const due = this.flying.filter(({ at }) => at <= until)
    this.flying = this.flying.filter(({ at }) => at > until)
    for (const { at, order, fate } of due.toSorted((a, b) => a.at - b.at)) {
      this.now = at
      this.take(order, fate)
    }
    this.now = until
  }

  /** Adds to what is held, or takes away. */
  trade(quantity: number): void {
    this.heldBefore.push({ at: this.now, quantity: this.held })
    this.held += quantity
  }

  /** An order is in transit for a while. */
  fly(order: ExitOrder, afterMs: number, fate: Fate): void {
    this.flying.push({ at: this.now + afterMs, order, fate })
    this.advance(0)
  }

  /** An order arrives. */
  take(order: ExitOrder, fate: Fate, reportsState = false): ExitAnswer {
    const same = this.orders.filter(each => each.order.clientOrderId === order.clientOrderId)
    const { dedupe } = this.capabilities
    const isKnown = dedupe === 'always' ? same.length > 0 : same.some(isOpen)
    if (dedupe !== 'never' && isKnown) return { kind: 'duplicate' }
    this.refuseImpossible(order)
    const isLate = order.actBy !== undefined && this.now > order.actBy
    if (this.capabilities.deadline === 'kept' && isLate) return rejection('refused')
    if (order.reduceOnly && this.held <= 0) return rejection('insufficient-quantity')
    const placed: VenueOrder = { order, at: this.now, history: [] }
    this.orders.push(placed)
    this.set(placed, 'working', 0)
    this.execute(placed, fate.executes)
    if (fate.rest === 'ends' && isOpen(placed)) this.set(placed, 'ended', executed(placed))
    const state = placed.history.at(-1)!.state
    if (!reportsState) return { kind: 'acknowledged' }
    return { kind: 'acknowledged', order: this.reportedState(state) }
  }

  /** Throws where an order breaks a rule of the venue that the service knows. */
  private refuseImpossible({ limit, quantity, side, product }: ExitOrder): void {
    const { products } = this.capabilities
    if (side !== 'long' || (products === true && product !== 'margin'))
      throw new Error(`an order of another holding: ${side} ${product}`)
    const isMarket = limit === undefined
    if (isMarket && !this.capabilities.styles.includes('market')) throw new Error('a market order')
    if (quantity > this.maxQuantity) throw new Error(`an order of ${quantity}`)
    if (limit === 0) throw new Error('a limit of 0')
  }

  /** The exchange refuses an order that works, after the venue has accepted it; gives whether there was one. */
  rejectLate(): boolean {
    const placed = this.orders.find(each => isOpen(each) && executed(each) === 0)
    if (placed === undefined) return false
    this.set(placed, 'ended', 0)
    placed.isRejected = true
    return true
  }

  /** Forgets an order that has ended; returns whether there was one. */
  forget(id: string): boolean {
    const over = this.orders.filter(
      placed => placed.order.clientOrderId === id && !isOpen(placed) && !this.forgotten.has(placed),
    )
    for (const placed of over) this.forgotten.add(placed)
    return over.length > 0
  }

  /** Executes up to so much of an order that has ended; gives whether there was one. */
  fillOver(id: string, quantity: number): boolean {
    const over = this.orders.findLast(
      placed => placed.order.clientOrderId === id && placed.history.at(-1)!.state.kind === 'ended',
    )
    if (over === undefined) return false
    const amount = Math.min(quantity, over.order.quantity - executed(over), Math.max(0, this.held))
    if (amount <= 0) return false
    this.trade(-amount)
    // It shows what it has executed, also of an order that it had refused late.
    over.isRejected = false
    const total = executed(over) + amount
    this.set(over, total === over.order.quantity ? 'filled' : 'ended', total)
    return true
  }

  /** Executes so much of each order that works. */
  fill(quantity: number): void {
    for (const placed of this.orders) if (isOpen(placed)) this.execute(placed, quantity)
  }

  lookUp(id: string, lagMs: number): OrderState {
    const { lookup, lookupKeeps = 'ever' } = this.capabilities
    const last = this.orders.findLast(each => each.order.clientOrderId === id)
    const keepsMs = lookupKeeps !== 'ever' && 'ms' in lookupKeeps ? lookupKeeps.ms : Infinity
    if (last !== undefined && this.now >= last.at + keepsMs) return { kind: 'absent' }
    if (last?.isRejected === true && lookup === 'complete') {
      return { kind: 'rejected', code: 'price-band', band: { low: 1 } }
    }
    if (lookup === 'none') return lagMs % 2 === 0 ? { kind: 'unknown' } : { kind: 'absent' }
    const found = this.seen(id, lagMs)
    return found === undefined || (lookup === 'open-only' && found.kind !== 'working')
      ? { kind: 'absent' }
      : this.reportedState(found)
  }

  cancel(id: string): OrderState {
    const open = this.orders.filter(each => each.order.clientOrderId === id && isOpen(each))
    for (const placed of open) this.set(placed, 'ended', executed(placed))
    if (open.length > 0) return this.reportedState(open.at(-1)!.history.at(-1)!.state)
    return this.capabilities.lookup === 'complete' ? this.lookUp(id, 0) : { kind: 'absent' }
  }

  /** The holding `ageMs` and `lagMs` ago; the venue reports `ageMs`. */
  report(lagMs: number, ageMs = 0): HoldingReport {
    const asOf = this.now - lagMs - ageMs
    const later = this.heldBefore.find(({ at }) => at > asOf)
    const quantity = this.drifted(later?.quantity ?? this.held)
    return quantity === 0 ? { kind: 'flat', ageMs } : { kind: 'held', quantity, ageMs }
  }

  open(lagMs: number) {
    return this.orders
      .filter(placed => stateAt(placed, this.now - lagMs)?.kind === 'working')
      .map(placed => ({
        clientOrderId: placed.order.clientOrderId,
        instrument: placed.order.instrument,
        remaining: executed(placed) - placed.order.quantity,
      }))
  }

  /**
   * Units that orders of that generation of a position have executed; `isOurs` recognises its
   * orders.
   */
  executedBy(isOurs: (order: ExitOrder) => boolean): number {
    return this.orders
      .filter(({ order }) => isOurs(order))
      .reduce((sum, placed) => sum + executed(placed), 0)
  }

  /** State of some order, present or past. */
  news(roll: () => number): { id: ExitOrder['clientOrderId']; order: LivedOrder } | undefined {
    const placed = this.orders[roll() % Math.max(1, this.orders.length)]
    if (placed === undefined) return undefined
    const { history, order } = placed
    const state = this.reportedState(history[roll() % history.length]!.state)
    return { id: order.clientOrderId, order: state }
  }

  /**
   * A quantity as the venue reports it: a sum of doubles may be a little less than it should be.
   */
  private drifted(quantity: number): number {
    return this.drifts ? quantity * (1 - 2 ** -52) : quantity
  }

  private reportedState(state: LivedOrder): LivedOrder {
    const { quantity, price } = state.executed
    return { ...state, executed: { quantity: this.drifted(quantity), price } }
  }

  get isQuiet(): boolean {
    return this.flying.length === 0 && !this.orders.some(isOpen)
  }

  private seen(id: string, lagMs: number): LivedOrder | undefined {
    return this.orders
      .filter(placed => placed.order.clientOrderId === id && !this.forgotten.has(placed))
      .map(placed => stateAt(placed, this.now - lagMs))
      .findLast(state => state !== undefined)
  }

  private execute(placed: VenueOrder, quantity: number): void {
    const { order } = placed
    if ((order.limit ?? 0) > this.price) return
    const left = order.quantity - executed(placed)
    const room = order.reduceOnly ? Math.max(0, this.held) : Infinity
    const amount = Math.min(left, quantity, room)
    const total = executed(placed) + amount
    if (amount > 0) this.trade(-amount)
    const isKilled = order.reduceOnly && room <= amount && total < order.quantity
    if (total === order.quantity) this.set(placed, 'filled', total)
    else if (isKilled) this.set(placed, 'ended', total)
    else if (amount > 0) this.set(placed, 'working', total)
  }

  private set({ history }: VenueOrder, kind: LivedOrder['kind'], quantity: number): void {
    const price = quantity > 0 ? 100 : null
    history.push({ at: this.now, state: { kind, executed: { quantity, price } } })
  }
}

const stateAt = ({ history }: VenueOrder, at: number): LivedOrder | undefined =>
  history.findLast(entry => entry.at <= at)?.state

const isOpen = ({ history }: VenueOrder): boolean => history.at(-1)!.state.kind === 'working'

const executed = ({ history }: VenueOrder): number => history.at(-1)?.state.executed.quantity ?? 0

export const rejection = (code: RejectionCode): ExitAnswer => ({ kind: 'rejected', code })
