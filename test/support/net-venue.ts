import type { Venue } from '../../src/account/options.ts'
import { difference, sum } from '../../src/domain/decimal.ts'
import type { InstrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId, Execution, ExitOrder, LivedOrder } from '../../src/domain/order.ts'
import { signOf, type Position } from '../../src/domain/position.ts'
import type { RestingStop, StopOrder } from '../../src/domain/resting-stop.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { OutcomeUnknown } from '../../src/errors.ts'
import type { ExitAnswer, OpenOrder, OrderState } from '../../src/ports/broker.ts'
import type { Quotes } from '../../src/ports/quotes.ts'

export const STOPS: RestingStop = {
  kinds: ['stop-market'],
  reserves: false,
  amend: true,
  triggers: ['last'],
  expires: 'ever',
}

/** A futures venue: every order is found by its id, reduce-only orders are bounded by the holding. */
export const FUTURES: Capabilities = {
  dedupe: 'open-only',
  lookup: 'complete',
  reduceOnly: true,
  holdings: 'net',
  visibilityMs: 100,
  clientOrderIdLength: 36,
  styles: ['market'],
  limits: [],
  restingStop: STOPS,
}

/** What becomes of the next call of a kind: it never arrives, its answer is lost, or it says nothing. */
export type NetFault = 'not-arrived' | 'answer-lost' | 'unknown'
type Call = 'placeExit' | 'placeStop' | 'amendStop' | 'cancel' | 'orderByClientId'

interface Placed {
  readonly order: ExitOrder & Partial<Pick<StopOrder, 'trigger'>>
  trigger: number | undefined
  executed: Execution
  kind: LivedOrder['kind']
}

/** A venue in memory with resting stops; its account outlives the systems that use it. */
export class NetVenue {
  readonly capabilities: Capabilities
  readonly orders = new Map<ClientOrderId, Placed>()
  /** Calls in the order in which they arrived, as `placeStop wkn…`. */
  readonly calls: string[] = []
  /** Faults of the next calls of each kind, in their order. */
  readonly faults = new Map<Call, NetFault[]>()
  /** Every call of these kinds has this fault. */
  readonly broken = new Map<Call, NetFault>()
  /** Stops are refused with this code. */
  refuses: 'market-closed' | undefined
  /** Orders at market work until `fill`. */
  isSlow = false
  private readonly held = new Map<InstrumentId, number>()
  private price: (instrument: InstrumentId) => number = () => 100

  constructor(capabilities: Capabilities = FUTURES) {
    this.capabilities = capabilities
  }

  readonly deposit = ({ position }: { position: Position }): Promise<void> => {
    this.trade(position.instrument, signOf(position.side) * position.quantity)
    return Promise.resolve()
  }

  /** Another trader buys, or sells. */
  trade(instrument: InstrumentId, quantity: number): void {
    this.held.set(instrument, sum(this.held.get(instrument) ?? 0, quantity))
  }

  heldOf(instrument: InstrumentId): number {
    return this.held.get(instrument) ?? 0
  }

  /** Stops that rest, with their triggers. */
  get resting(): readonly {
    readonly id: ClientOrderId
    readonly trigger: number
    quantity: number
  }[] {
    return [...this.orders].flatMap(([id, { kind, trigger, order }]) =>
      kind === 'working' && trigger !== undefined
        ? [{ id, trigger, quantity: order.quantity }]
        : [],
    )
  }

  /** Units that all orders of a position have executed. */
  executedOf(id: Position['id']): number {
    const own = [...this.orders.values()].filter(({ order }) => order.positionId === id)
    return own.map(({ executed }) => executed.quantity).reduce(sum, 0)
  }

  /** Triggers every stop that rests, and executes this share of it. */
  fire(share = 1): void {
    for (const { id } of this.resting) {
      const placed = this.orders.get(id)!
      placed.trigger = undefined
      this.execute(placed, placed.order.quantity * share)
    }
  }

  /** Executes the stops that the last price meets. */
  meet(): void {
    for (const { id, trigger } of this.resting) {
      const placed = this.orders.get(id)!
      const sign = signOf(placed.order.side)
      if (sign * this.price(placed.order.instrument) > sign * trigger) continue
      placed.trigger = undefined
      this.execute(placed, placed.order.quantity)
    }
  }

  /** Executes what works at market. */
  fill(): void {
    for (const placed of this.orders.values()) {
      if (placed.kind === 'working' && placed.trigger === undefined) {
        this.execute(placed, difference(placed.order.quantity, placed.executed.quantity))
      }
    }
  }

  /** A person cancels every order at the venue. */
  cancelAllByHand(): void {
    for (const placed of this.orders.values()) if (placed.kind === 'working') placed.kind = 'ended'
  }

  /** Ends every stop that rests, as at the end of a trading day. */
  expire(): void {
    for (const { id } of this.resting) this.orders.get(id)!.kind = 'ended'
  }

  readonly venue = (quotes: Quotes): Venue => {
    this.price = instrument => quotes.price(instrument, 'trade') ?? 100
    const list = this.capabilities.reduceOnly
      ? {}
      : { openOrders: () => Promise.resolve(this.list()) }
    return {
      capabilities: this.capabilities,
      placeExit: order => this.call('placeExit', order.clientOrderId, () => this.place(order)),
      placeStop: order => this.call('placeStop', order.clientOrderId, () => this.rest(order)),
      amendStop: order => this.call('amendStop', order.clientOrderId, () => this.amend(order)),
      cancel: id => this.call('cancel', id, () => this.cancel(id)),
      orderByClientId: id => this.call('orderByClientId', id, () => this.stateOf(id)),
      holding: ({ instrument }) => {
        const quantity = this.heldOf(instrument)
        return Promise.resolve(
          quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 },
        )
      },
      holdings: () => {
        const all = [...this.held].map(([instrument, quantity]) => ({
          instrument,
          quantity,
          ageMs: 0,
        }))
        return Promise.resolve(all.filter(({ quantity }) => quantity !== 0))
      },
      ...list,
      priced: () => undefined,
    }
  }

  private list(): OpenOrder[] {
    return [...this.orders].flatMap(([clientOrderId, { order, executed, kind }]) => {
      if (kind !== 'working') return []
      const left = difference(order.quantity, executed.quantity)
      return [
        { clientOrderId, instrument: order.instrument, remaining: -signOf(order.side) * left },
      ]
    })
  }

  private async call<Answer extends ExitAnswer | OrderState>(
    call: Call,
    id: ClientOrderId,
    act: () => Answer,
  ): Promise<Answer> {
    const fault = this.faults.get(call)?.shift() ?? this.broken.get(call)
    if (fault === 'not-arrived') throw new OutcomeUnknown('timeout')
    if (call !== 'orderByClientId') this.calls.push(`${call} ${id}`)
    if (fault === 'unknown') return { kind: 'unknown' } as Answer
    const answer = act()
    if (fault === 'answer-lost') throw new OutcomeUnknown('timeout')
    return answer
  }

  private place(order: ExitOrder): ExitAnswer {
    const refusal = this.refusalOf(order)
    if (refusal !== undefined) return refusal
    const placed: Placed = { order, trigger: undefined, executed: NOTHING, kind: 'working' }
    this.orders.set(order.clientOrderId, placed)
    if (!this.isSlow) this.execute(placed, order.quantity)
    return { kind: 'acknowledged', order: shownOf(placed) }
  }

  private rest(order: StopOrder): ExitAnswer {
    const { side, trigger, instrument } = order
    if (this.refuses !== undefined) return { kind: 'rejected', code: this.refuses }
    const refusal = this.refusalOf(order)
    if (refusal !== undefined) return refusal
    const isMet = signOf(side) * this.price(instrument) <= signOf(side) * trigger.price
    if (isMet) return { kind: 'rejected', code: 'would-trigger' }
    const placed: Placed = { order, trigger: trigger.price, executed: NOTHING, kind: 'working' }
    this.orders.set(order.clientOrderId, placed)
    return { kind: 'acknowledged' }
  }

  private refusalOf({ clientOrderId, instrument, reduceOnly, side, quantity }: ExitOrder) {
    const { restingStop } = this.capabilities
    if (this.orders.get(clientOrderId)?.kind === 'working') return { kind: 'duplicate' } as const
    const held = signOf(side) * this.heldOf(instrument)
    const reserved = restingStop?.reserves === true ? this.reserved(instrument) : 0
    const isTooMuch = reserved > 0 && quantity > held - reserved
    if ((reduceOnly && held <= 0) || isTooMuch)
      return { kind: 'rejected', code: 'held-by-orders' } as const
    return undefined
  }

  private reserved(instrument: InstrumentId): number {
    const working = [...this.orders.values()].filter(
      ({ kind, order }) => kind === 'working' && order.instrument === instrument,
    )
    return working.map(({ order, executed }) => order.quantity - executed.quantity).reduce(sum, 0)
  }

  private amend({ clientOrderId: id, trigger }: StopOrder): OrderState {
    const placed = this.orders.get(id)
    if (placed?.kind === 'working' && placed.trigger !== undefined) placed.trigger = trigger.price
    return this.stateOf(id)
  }

  private cancel(id: ClientOrderId): OrderState {
    const placed = this.orders.get(id)
    if (placed?.kind === 'working') placed.kind = 'ended'
    return this.stateOf(id)
  }

  private stateOf(id: ClientOrderId): OrderState {
    const placed = this.orders.get(id)
    return placed === undefined ? { kind: 'absent' } : shownOf(placed)
  }

  private execute(placed: Placed, quantity: number): void {
    const { order } = placed
    const sign = signOf(order.side)
    const held = Math.max(0, sign * this.heldOf(order.instrument))
    const most = difference(order.quantity, placed.executed.quantity)
    const units = Math.min(quantity, most, order.reduceOnly ? held : Infinity)
    if (units > 0) {
      this.trade(order.instrument, -sign * units)
      placed.executed = {
        quantity: sum(placed.executed.quantity, units),
        price: this.price(order.instrument),
      }
    }
    if (placed.executed.quantity === order.quantity) placed.kind = 'filled'
    else if (order.reduceOnly && units === held) placed.kind = 'ended'
  }
}

const NOTHING: Execution = { quantity: 0, price: null }

const shownOf = ({ kind, executed }: Placed): LivedOrder => ({ kind, executed })
