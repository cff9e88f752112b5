import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VenueBroker } from '../brokers/venue/account.ts'
import { positionId, type InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitAnswer, ExitOrder, OrderState } from '../domain/order.ts'

export interface VenueTraderDeps {
  readonly broker: VenueBroker
  readonly instrument: InstrumentId
  readonly callTimeoutMs: number
}

/** Longest wait until an order or a holding shows what was acknowledged, ms. */
const SHOWN_MS = 60_000
/** Time between two questions while something is waited for, ms. */
export const POLL_MS = 250

/** Buys and sells one instrument of a test account, and follows each order until the account shows it. */
export class VenueTrader {
  /** Time from each acknowledgement until order and holding showed it, ms. */
  readonly lags: number[] = []
  private readonly deps: VenueTraderDeps
  /** Orders that may work. */
  private readonly sent: ClientOrderId[] = []

  constructor(deps: VenueTraderDeps) {
    this.deps = deps
  }

  /** Notes an order that was sent elsewhere, so that it is ended with the others. */
  note(id: ClientOrderId): void {
    this.sent.push(id)
  }

  /** Ends every order of the test, and sells what it bought. */
  async cleanUp(): Promise<void> {
    const { broker, callTimeoutMs } = this.deps
    for (const id of this.sent) {
      const { kind } = await this.state(id)
      if (kind === 'working') await broker.cancel(id, signal(callTimeoutMs), this.deps.instrument)
    }
    await this.sellAll()
  }

  async buy(quantity: number): Promise<void> {
    const before = await this.quantity()
    await this.execute({ ...this.order('short', quantity), reduceOnly: false }, quantity)
    await this.until(async () => (await this.quantity()) !== before)
  }

  async sell(quantity: number): Promise<void> {
    await this.execute(this.order('long', quantity), quantity)
    await this.until(async () => (await this.quantity()) === 0)
  }

  async sellAll(): Promise<void> {
    const held = await this.quantity()
    if (held === 0) return
    const order = this.order(held > 0 ? 'long' : 'short', Math.abs(held))
    await this.execute(order, Math.abs(held))
    await this.until(async () => (await this.quantity()) === 0)
  }

  /** Sends an order at market, and waits until it is filled; notes how long the order and the holding took. */
  async execute(order: ExitOrder, quantity: number): Promise<OrderState> {
    const before = await this.quantity()
    const answer = await this.place(order)
    if (answer.kind !== 'acknowledged')
      throw new Error(
        `an order of ${quantity} ${this.deps.instrument} was answered with ${answer.kind}`,
      )
    const from = performance.now()
    const state = await this.shown(order.clientOrderId)
    await this.until(async () => (await this.quantity()) !== before)
    this.lags.push(Math.round(performance.now() - from))
    return state
  }

  async shown(id: ClientOrderId): Promise<OrderState> {
    let state: OrderState = { kind: 'unknown' }
    await this.until(async () => {
      state = await this.state(id)
      return state.kind === 'filled' || state.kind === 'ended' || state.kind === 'rejected'
    })
    return state
  }

  state(id: ClientOrderId): Promise<OrderState> {
    const { broker, callTimeoutMs } = this.deps
    return broker.orderByClientId(id, signal(callTimeoutMs), this.deps.instrument)
  }

  place(order: ExitOrder): Promise<ExitAnswer> {
    const { broker, callTimeoutMs } = this.deps
    this.sent.push(order.clientOrderId)
    return broker.placeExit(order, signal(callTimeoutMs))
  }

  /** Signed quantity of the instrument; a holding that is not answered counts as 0 where no row is proof. */
  async quantity(): Promise<number> {
    const { broker, callTimeoutMs } = this.deps
    const held = await broker.holding(this.key, signal(callTimeoutMs))
    return held.kind === 'held' ? held.quantity : 0
  }

  get key() {
    return { instrument: this.deps.instrument }
  }

  order(side: ExitOrder['side'], quantity: number): ExitOrder {
    return {
      clientOrderId: newId(),
      positionId: positionId('venue-test'),
      instrument: this.deps.instrument,
      side,
      quantity,
      priceSource: 'trade',
      reduceOnly: true,
    }
  }

  /** @throws Error where it is not so within a minute. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + SHOWN_MS
    while (!(await isSo())) {
      if (performance.now() > end)
        throw new Error(`the account did not show an order within ${SHOWN_MS / 1_000} s`)
      await sleep(POLL_MS)
    }
  }
}

export const signal = (ms: number): AbortSignal => AbortSignal.timeout(ms)

/** An id that no service takes for one of its own. */
export const newId = (): ClientOrderId => `vt${randomBytes(12).toString('hex')}` as ClientOrderId
