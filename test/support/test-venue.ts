import type { Venue } from '../../src/account/options.ts'
import { difference, sum } from '../../src/domain/decimal.ts'
import type { InstrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../../src/domain/order.ts'
import { signOf, type Position } from '../../src/domain/position.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { OutcomeUnknown } from '../../src/errors.ts'
import type {
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OrderState,
} from '../../src/ports/broker.ts'
import type { Quotes } from '../../src/ports/quotes.ts'

/** A venue that finds every order by its id, and proves nothing else. */
export const LOOK_UP: Capabilities = {
  dedupe: 'never',
  lookup: 'complete',
  reduceOnly: false,
  holdings: 'net',
  visibilityMs: 0,
  clientOrderIdLength: 64,
  styles: ['market'],
  limits: [],
}

/** A venue in memory whose account outlives the systems that use it; fills at the last price. */
export class TestVenue {
  readonly fills = new Map<ClientOrderId, Fill>()
  placed = 0
  /** The behaviour of the next order instead of answering. */
  fault: 'lost' | 'filled, then lost' | undefined
  /** Holding queries get no answer. */
  isDown = false
  /** Order queries get no answer either. */
  isSilent = false
  private readonly held = new Map<InstrumentId, number>()

  /** Puts a position into the account. */
  readonly deposit = ({ position }: { position: Position }): Promise<void> => {
    this.trade(position.instrument, signOf(position.side) * position.quantity)
    return Promise.resolve()
  }

  /** Another trader buys, or sells. */
  trade(instrument: InstrumentId, quantity: number): void {
    this.held.set(instrument, sum(this.held.get(instrument) ?? 0, quantity))
  }

  readonly venue = (quotes: Quotes): Venue => ({
    capabilities: LOOK_UP,
    placeExit: order => this.place(order, quotes),
    orderByClientId: id => Promise.resolve(this.lookUp(id)),
    cancel: id => Promise.resolve(this.lookUp(id)),
    holding: key => Promise.resolve(this.report(key)),
    holdings: () => Promise.resolve(this.isDown ? [] : this.all()),
    priced: () => Promise.resolve(),
  })

  private lookUp(id: ClientOrderId): OrderState {
    if (this.isSilent) return { kind: 'unknown' }
    const fill = this.fills.get(id)
    return fill === undefined ? { kind: 'absent' } : filled(fill)
  }

  private report({ instrument }: HoldingKey): HoldingReport {
    if (this.isDown) return { kind: 'unknown' }
    const quantity = this.held.get(instrument) ?? 0
    return quantity === 0 ? { kind: 'flat', ageMs: 0 } : { kind: 'held', quantity, ageMs: 0 }
  }

  private all(): readonly Holding[] {
    return [...this.held]
      .map(([instrument, quantity]) => ({ instrument, quantity, ageMs: 0 }))
      .filter(({ quantity }) => quantity !== 0)
  }

  private place(order: ExitOrder, quotes: Quotes): Promise<ExitAnswer> {
    this.placed++
    const { clientOrderId, positionId, quantity, instrument, side } = order
    const fault = this.fault
    this.fault = undefined
    if (fault === 'lost') return Promise.reject(new OutcomeUnknown('timeout'))
    const price = quotes.price(instrument, 'trade') ?? 0
    const fill = this.fills.get(clientOrderId) ?? { clientOrderId, positionId, quantity, price }
    if (!this.fills.has(clientOrderId)) {
      const before = this.held.get(instrument) ?? 0
      this.held.set(instrument, difference(before, signOf(side) * quantity))
    }
    this.fills.set(clientOrderId, fill)
    return fault === undefined
      ? Promise.resolve({ kind: 'acknowledged', order: filled(fill) })
      : Promise.reject(new OutcomeUnknown('timeout'))
  }
}

const filled = ({ quantity, price }: Fill) =>
  ({ kind: 'filled', executed: { quantity, price } }) as const
