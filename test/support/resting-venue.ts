import type { Venue } from '../../src/account/options.ts'
import { difference, sum } from '../../src/domain/decimal.ts'
import type { InstrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder, LivedOrder } from '../../src/domain/order.ts'
import { signOf, type Position } from '../../src/domain/position.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import { OutcomeUnknown } from '../../src/errors.ts'
import type { OrderState } from '../../src/ports/broker.ts'
import { LOOK_UP } from './test-venue.ts'

interface Resting {
  readonly order: ExitOrder
  state: LivedOrder
}

const NOTHING = { quantity: 0, price: null }

/** A venue whose orders work until the test executes them; its account outlives its systems. */
export class RestingVenue {
  readonly orders = new Map<ClientOrderId, Resting>()
  /** Ids whose cancel was requested. */
  readonly cancelled: ClientOrderId[] = []
  /** Cancels do nothing. */
  ignoresCancels = false
  /** Orders get lost in transit, and no answer arrives. */
  isLost = false
  /** Order queries get no answer. */
  isSilent = false
  held = 0
  private readonly capabilities: Capabilities

  constructor(but: Partial<Capabilities> = {}) {
    this.capabilities = { ...LOOK_UP, ...but }
  }

  readonly deposit = ({ position: { quantity, side } }: { position: Position }): Promise<void> => {
    this.held = sum(this.held, signOf(side) * quantity)
    return Promise.resolve()
  }

  /** Orders that were placed, oldest first. */
  get placed(): readonly ExitOrder[] {
    return [...this.orders.values()].map(({ order }) => order)
  }

  /** Executes all of a working order, at 90; returns the quantity. */
  execute({ clientOrderId }: ExitOrder): number {
    const resting = this.orders.get(clientOrderId)!
    if (resting.state.kind !== 'working') return 0
    const { quantity, side } = resting.order
    this.held = difference(this.held, signOf(side) * quantity)
    resting.state = { kind: 'filled', executed: { quantity, price: 90 } }
    return quantity
  }

  readonly venue = (): Venue => this.made()

  /** The venue as its account has it. */
  protected made = (): Venue => ({
    capabilities: this.capabilities,
    placeExit: order => {
      if (this.isLost) return Promise.reject(new OutcomeUnknown('timeout'))
      const known = this.orders.has(order.clientOrderId)
      if (!known) this.orders.set(order.clientOrderId, { order, state: working })
      return Promise.resolve({ kind: known ? 'duplicate' : 'acknowledged' })
    },
    orderByClientId: id => Promise.resolve(this.stateOf(id)),
    cancel: id => {
      this.cancelled.push(id)
      const resting = this.orders.get(id)
      if (!this.ignoresCancels && resting?.state.kind === 'working') {
        resting.state = { kind: 'ended', executed: NOTHING }
      }
      return Promise.resolve(this.stateOf(id))
    },
    holding: () =>
      Promise.resolve(
        this.held === 0
          ? { kind: 'flat', ageMs: 0 }
          : { kind: 'held', quantity: this.held, ageMs: 0 },
      ),
    holdings: () =>
      Promise.resolve(
        [{ instrument: 'ACME' as InstrumentId, quantity: this.held, ageMs: 0 }].filter(
          ({ quantity }) => quantity !== 0,
        ),
      ),
    openOrders: () =>
      Promise.resolve(
        [...this.orders.values()]
          .filter(({ state }) => state.kind === 'working')
          .map(({ order: { clientOrderId, instrument, quantity } }) => {
            return { clientOrderId, instrument, remaining: -quantity }
          }),
      ),
    priced: () => Promise.resolve(),
  })

  private stateOf(id: ClientOrderId): OrderState {
    if (this.isSilent) return { kind: 'unknown' }
    return this.orders.get(id)?.state ?? { kind: 'absent' }
  }
}

const working: LivedOrder = { kind: 'working', executed: NOTHING }
