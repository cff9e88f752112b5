import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { instrumentId, positionId, type InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../domain/order.ts'
import type { Side } from '../domain/position.ts'
import type {
  Broker,
  Capabilities,
  ExitAnswer,
  HoldingKey,
  HoldingReport,
  OrderState,
} from '../ports/broker.ts'
import type { BrokerAtVenue } from './broker-venue.ts'

export const ACME = instrumentId('ACME')
/** Never has a price, so that its orders work. */
export const QUIET = instrumentId('QUIET')

/** As long as ours are. */
export const idOf = (name: string): ClientOrderId => `wk${name}`.padEnd(16, '0') as ClientOrderId

const STEP_MS = 10
/** Least time that an expectation is repeated for, ms. */
const LEAST_MS = 500

/** A broker that is being tested, with what a test asks it most. */
export class Bench {
  readonly venue: BrokerAtVenue
  readonly capabilities: Capabilities
  readonly signal: AbortSignal = new AbortController().signal

  constructor(venue: BrokerAtVenue, capabilities: Capabilities) {
    this.venue = venue
    this.capabilities = capabilities
  }

  get broker(): Broker {
    return this.venue.broker
  }

  anExit(key: HoldingKey, but: Partial<ExitOrder> = {}): ExitOrder {
    return {
      clientOrderId: idOf('a'),
      positionId: positionId('p1'),
      instrument: key.instrument,
      side: key.side ?? 'long',
      quantity: 2,
      priceSource: 'trade',
      reduceOnly: this.capabilities.reduceOnly,
      ...(key.account !== undefined && { account: key.account }),
      ...(key.ticket !== undefined && { ticket: key.ticket }),
      ...but,
    }
  }

  place(key: HoldingKey, but: Partial<ExitOrder> = {}): Promise<ExitAnswer> {
    return this.broker.placeExit(this.anExit(key, but), this.signal)
  }

  stateOf(id: ClientOrderId, instrument = ACME): Promise<OrderState> {
    return this.broker.orderByClientId(id, this.signal, instrument)
  }

  cancel(id: ClientOrderId, instrument = ACME): Promise<OrderState> {
    return this.broker.cancel(id, this.signal, instrument)
  }

  holdingOf(key: HoldingKey): Promise<HoldingReport> {
    return this.broker.holding(key, this.signal)
  }

  async filled(): Promise<number> {
    return (await this.venue.fills()).reduce((total, { quantity }) => total + quantity, 0)
  }

  /** Repeats an expectation for as long as what was accepted may take to show. */
  async eventually<Result>(expectation: () => Promise<Result>): Promise<Result> {
    const until = Date.now() + Math.max(LEAST_MS, this.capabilities.visibilityMs)
    for (;;) {
      try {
        return await expectation()
      } catch (error) {
        if (Date.now() >= until) throw error
        await sleep(STEP_MS)
      }
    }
  }

  /** Asks until the answer is of the wanted kind. */
  seen<Answer extends { readonly kind: string }>(
    ask: () => Promise<Answer>,
    kind: Answer['kind'],
  ): Promise<Answer> {
    return this.eventually(async () => {
      const answer = await ask()
      assert.equal(answer.kind, kind)
      return answer
    })
  }

  /** Expects that a holding is seen with a signed quantity. */
  async holds(key: HoldingKey, quantity: number): Promise<void> {
    await this.eventually(async () => {
      const report = await this.holdingOf(key)
      assert.deepEqual(
        [report.kind, report.kind === 'held' ? report.quantity : undefined],
        ['held', quantity],
      )
    })
  }

  /** A holding that the venue shows by now. */
  async given(instrument: InstrumentId, side: Side, quantity: number): Promise<HoldingKey> {
    const key = await this.venue.deposit(instrument, side, quantity)
    await this.seen(() => this.holdingOf(key), 'held')
    return key
  }
}

/** Expects one of several values. */
export function oneOf(found: unknown, expected: readonly unknown[]): void {
  assert.ok(
    expected.includes(found),
    `found ${String(found)}, expected one of ${expected.join(', ')}`,
  )
}

/** The error that a promise is rejected with. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    value => assert.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
