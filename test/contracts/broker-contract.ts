import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { instrumentId, positionId, type InstrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import type { Side } from '../../src/domain/position.ts'
import { NotSent } from '../../src/errors.ts'
import type {
  Broker,
  Capabilities,
  ExitAnswer,
  HoldingKey,
  HoldingReport,
  OrderState,
} from '../../src/ports/broker.ts'

/** A broker, and hooks that bypass it. */
export interface BrokerAtVenue {
  readonly broker: Broker
  /** Puts a new holding of units > 0 into the account; returns its key. */
  deposit(instrument: InstrumentId, side: Side, quantity: number): Promise<HoldingKey>
  /** Sets the last price; an order for an instrument without a price works. */
  price(instrument: InstrumentId, price: number): Promise<unknown>
  /** Every fill that has really happened, units > 0. */
  fills(): Promise<readonly { clientOrderId: string; quantity: number }[]>
  close(): Promise<void>
}

export interface BrokerFamilyMember {
  /** The capabilities of every broker that `open` returns. */
  readonly capabilities: Capabilities
  /** Opens an account of its own for each test. */
  open(): Promise<BrokerAtVenue>
}

const ACME = instrumentId('ACME')
/** An instrument that never has a price, so that its orders work. */
const QUIET = instrumentId('QUIET')
const clientId = (id: string): ClientOrderId => id as ClientOrderId
/** As long as watchkeeper's own ids. */
const idOf = (name: string): ClientOrderId => clientId(`wk${name}`.padEnd(16, '0'))

/** The contract of every broker, as far as its capabilities go. */
export function brokerContract({ capabilities, open }: BrokerFamilyMember): void {
  const { dedupe, lookup, reduceOnly, holdings: model, visibilityMs } = capabilities
  const { signal } = new AbortController()
  let venue: BrokerAtVenue
  let broker: Broker

  beforeEach(async () => {
    venue = await open()
    broker = venue.broker
    await venue.price(ACME, 90)
  })

  afterEach(() => venue.close())

  const anExit = (key: HoldingKey, but: Partial<ExitOrder> = {}): ExitOrder => ({
    clientOrderId: idOf('a'),
    positionId: positionId('p1'),
    instrument: key.instrument,
    side: key.side ?? 'long',
    quantity: 2,
    priceSource: 'trade',
    reduceOnly,
    ...(key.account !== undefined && { account: key.account }),
    ...(key.ticket !== undefined && { ticket: key.ticket }),
    ...but,
  })
  const place = (order: ExitOrder): Promise<ExitAnswer> => broker.placeExit(order, signal)
  const stateOf = (id: ClientOrderId, instrument = ACME): Promise<OrderState> =>
    broker.orderByClientId(id, signal, instrument)
  const cancel = (id: ClientOrderId, instrument = ACME): Promise<OrderState> =>
    broker.cancel(id, signal, instrument)
  const holdingOf = (key: HoldingKey): Promise<HoldingReport> => broker.holding(key, signal)
  const filled = async (): Promise<number> =>
    (await venue.fills()).reduce((total, { quantity }) => total + quantity, 0)
  /**
   * Queries until the answer is the expected one; an accepted order shows within `visibilityMs`.
   */
  const seen = async <T extends { kind: string }>(
    ask: () => Promise<T>,
    kind: T['kind'],
  ): Promise<T> => {
    for (const until = Date.now() + visibilityMs; Date.now() < until; await sleep(10)) {
      const answer = await ask()
      if (answer.kind === kind) return answer
    }
    const answer = await ask()
    expect(answer.kind).to.equal(kind)
    return answer
  }
  /** Repeats an expectation for as long as an accepted order may take to show. */
  async function eventually(expectation: () => Promise<unknown>): Promise<void> {
    for (const until = Date.now() + visibilityMs; Date.now() < until; await sleep(10)) {
      if (await expectation().then(Boolean, () => false)) return
    }
    await expectation()
  }

  /** A holding that the venue already shows. */
  async function given(
    instrument: InstrumentId,
    side: Side,
    quantity: number,
  ): Promise<HoldingKey> {
    const key = await venue.deposit(instrument, side, quantity)
    await seen(() => holdingOf(key), 'held')
    return key
  }

  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      value => expect.fail(`resolved with ${JSON.stringify(value)}`),
      (error: unknown) => error,
    )

  it('sends nothing that was aborted before', async () => {
    const key = await given(ACME, 'long', 5)
    const aborted = AbortSignal.abort()
    expect(await failure(broker.placeExit(anExit(key), aborted))).to.be.instanceOf(NotSent)
    expect(await failure(broker.cancel(idOf('a'), aborted))).to.be.instanceOf(NotSent)
    expect(await venue.fills()).to.deep.equal([])
  })

  it('rejects immediately on an abort, also queries', async () => {
    const key = await given(ACME, 'long', 5)
    const aborted = AbortSignal.abort()
    const questions: Promise<unknown>[] = [
      broker.holding(key, aborted).then(({ kind }) => kind),
      broker.orderByClientId(idOf('a'), aborted).then(({ kind }) => kind),
    ]
    for (const answer of await Promise.allSettled(questions)) {
      if (answer.status === 'fulfilled') expect(answer.value).to.not.equal('flat')
    }
  })

  for (const side of ['long', 'short'] as const) {
    it(`closes a ${side} by the requested quantity`, async () => {
      const sign = side === 'long' ? 1 : -1
      const key = await given(ACME, side, 5)
      expect(await holdingOf(key)).to.include({ kind: 'held', quantity: 5 * sign })
      const answer = await place(anExit(key, { side }))
      expect(answer).to.have.property('kind', 'acknowledged')
      await eventually(async () =>
        expect(await holdingOf(key)).to.include({ kind: 'held', quantity: 3 * sign }),
      )
      expect(await filled()).to.equal(2)
    })
  }

  it('proves by key that a holding is flat, and does not list it any more', async () => {
    const key = await given(ACME, 'long', 2)
    await place(anExit(key))
    const report = await seen(() => holdingOf(key), 'flat')
    expect(report).to.have.property('ageMs').that.is.at.least(0)
    if (report.kind === 'flat') expect(report.ageMs).to.be.at.most(60_000)
    await eventually(async () => expect(await broker.holdings(signal)).to.deep.equal([]))
  })

  it('never reports a holding that was not put there', async () => {
    await given(ACME, 'long', 2)
    const apart = {
      ...(model === 'sides' && { side: 'short' as const }),
      ...(model === 'tickets' && { ticket: 'none' }),
    }
    for (const instrument of model === 'net' ? [QUIET] : [QUIET, ACME]) {
      const report = await holdingOf({ instrument, ...apart })
      expect(report.kind).to.be.oneOf(['flat', 'unknown'])
    }
  })

  if (model !== 'net') {
    it('treats an incomplete key as no proof', async () => {
      await given(ACME, 'long', 2)
      expect((await holdingOf({ instrument: ACME })).kind).to.not.equal('flat')
    })
  }

  it('lists its holdings, each once and with its distinguishing fields', async () => {
    const keys = [await given(ACME, 'long', 5), await given(QUIET, 'short', 3)]
    await eventually(async () => expect(await broker.holdings(signal)).to.have.length(2))
    const list = await broker.holdings(signal)
    expect(list.map(({ quantity }) => quantity).sort()).to.deep.equal([-3, 5])
    for (const held of list) {
      const key = keys.find(({ instrument }) => instrument === held.instrument)!
      expect(held).to.include(key)
      if (model === 'sides')
        expect(held).to.have.property('side', held.quantity > 0 ? 'long' : 'short')
      if (model === 'tickets') expect(held).to.have.property('ticket')
    }
  })

  if (model !== 'net') {
    it('holds a long and a short of one instrument apart', async () => {
      const long = await given(ACME, 'long', 5)
      const short = await given(ACME, 'short', 5)
      await place(anExit(short, { side: 'short' }))
      await eventually(async () =>
        expect(await holdingOf(short)).to.include({ kind: 'held', quantity: -3 }),
      )
      expect(await holdingOf(long)).to.include({ kind: 'held', quantity: 5 })
    })
  }

  if (dedupe === 'always') {
    it('makes one order of an id that is sent several times, at once and later', async () => {
      const key = await given(ACME, 'long', 10)
      const answers = await Promise.all([1, 2, 3].map(() => place(anExit(key))))
      answers.push(await place(anExit(key)))
      for (const { kind } of answers) expect(kind).to.be.oneOf(['acknowledged', 'duplicate'])
      expect(await filled()).to.equal(2)
    })

    it('makes no second order of an id whose order was cancelled', async () => {
      const key = await given(QUIET, 'long', 5)
      await place(anExit(key))
      await cancel(idOf('a'), QUIET)
      const answer = await place(anExit(key))
      if (answer.kind === 'acknowledged') expect(answer.order?.kind).to.not.equal('working')
      await venue.price(QUIET, 80)
      expect(await filled()).to.equal(0)
    })
  }

  if (dedupe !== 'never') {
    it('makes no second order of an id while the first one works', async () => {
      const key = await given(QUIET, 'long', 10)
      await place(anExit(key))
      const again = await place(anExit(key))
      expect(again.kind).to.be.oneOf(['acknowledged', 'duplicate'])
      await venue.price(QUIET, 80)
      await eventually(async () => expect(await filled()).to.equal(2))
    })
  }

  if (lookup === 'complete') {
    it('finds an order by its id while it works and after it is filled', async () => {
      const key = await given(QUIET, 'long', 5)
      await place(anExit(key))
      const working = await seen(() => stateOf(idOf('a'), QUIET), 'working')
      expect(working).to.deep.include({ executed: { quantity: 0, price: null } })
      await venue.price(QUIET, 80)
      const state = await seen(() => stateOf(idOf('a'), QUIET), 'filled')
      if (state.kind !== 'filled') return
      expect(state.executed.quantity).to.equal(2)
      expect(state.executed.price).to.be.oneOf([80, null])
    })

    it('finds no order that was never sent', async () => {
      expect(await stateOf(idOf('never'))).to.deep.equal({ kind: 'absent' })
    })
  }

  if (lookup === 'open-only') {
    it('finds an order by its id while it works', async () => {
      const key = await given(QUIET, 'long', 5)
      await place(anExit(key))
      await seen(() => stateOf(idOf('a'), QUIET), 'working')
    })
  }

  if (lookup === 'none') {
    it('claims of no order that it does not exist', async () => {
      const key = await given(ACME, 'long', 5)
      await place(anExit(key))
      expect((await stateOf(idOf('a'))).kind).to.not.equal('absent')
      expect((await stateOf(idOf('never'))).kind).to.equal('unknown')
    })
  }

  if (reduceOnly) {
    it('never goes through zero, whatever the orders request', async () => {
      const key = await given(ACME, 'long', 3)
      for (const name of ['a', 'b', 'c']) await place(anExit(key, { clientOrderId: idOf(name) }))
      expect(await filled()).to.equal(3)
      await seen(() => holdingOf(key), 'flat')
    })

    it('rejects an order with nothing left to close, and fills none of it', async () => {
      const key = await given(ACME, 'long', 2)
      await place(anExit(key))
      const answer = await place(anExit(key, { clientOrderId: idOf('b') }))
      expect(answer).to.include({ kind: 'rejected', code: 'insufficient-quantity' })
      expect(await filled()).to.equal(2)
      if (lookup !== 'complete') return
      expect((await stateOf(idOf('b'))).kind).to.be.oneOf(['rejected', 'absent'])
    })
  }

  it('ends a working order on request', async () => {
    const key = await given(QUIET, 'long', 5)
    await place(anExit(key))
    const state = await cancel(idOf('a'), QUIET)
    if (lookup === 'complete') expect(state.kind).to.equal('ended')
    else expect(state.kind).to.be.oneOf(['ended', 'absent', 'unknown'])
    await venue.price(QUIET, 80)
    expect(await filled()).to.equal(0)
    expect(await holdingOf(key)).to.include({ kind: 'held', quantity: 5 })
  })

  it('does not undo a fill by a late cancel', async () => {
    const key = await given(ACME, 'long', 5)
    await place(anExit(key))
    const state = await cancel(idOf('a'))
    if (lookup === 'complete') expect(state.kind).to.equal('filled')
    else expect(state.kind).to.be.oneOf(['filled', 'absent', 'unknown'])
    expect(await filled()).to.equal(2)
  })

  it('cancels no order that was never sent', async () => {
    const state = await cancel(idOf('never'))
    expect(state.kind).to.be.oneOf(['absent', 'unknown'])
  })

  it('quotes instruments with a price and leaves out the others', async () => {
    const ticks = await broker.quotes([ACME, QUIET], signal)
    expect(ticks.map(({ instrument, price }) => [instrument, price])).to.deep.equal([[ACME, 90]])
    expect(await broker.quotes([], signal)).to.deep.equal([])
  })

  it('lists working orders where it supports that, with remaining quantity and direction', async () => {
    if (broker.openOrders === undefined) return
    const key = await given(QUIET, 'long', 5)
    const listed = async () => broker.openOrders!(signal)
    await place(anExit(key))
    await eventually(async () =>
      expect(await listed()).to.deep.equal([
        { clientOrderId: idOf('a'), instrument: QUIET, remaining: -2 },
      ]),
    )
    await cancel(idOf('a'), QUIET)
    await eventually(async () => expect(await listed()).to.deep.equal([]))
  })

  it('accepts a client order id of the declared length', async () => {
    const { clientOrderIdLength } = capabilities
    const id = clientId('wk'.padEnd(clientOrderIdLength, '7'))
    const key = await given(ACME, 'long', 5)
    expect(await place(anExit(key, { clientOrderId: id }))).to.include({ kind: 'acknowledged' })
    expect((await venue.fills()).map(fill => fill.clientOrderId)).to.deep.equal([id])
  })

  it('lets calls in flight end before it closes, and accepts none after that', async () => {
    const key = await given(ACME, 'long', 5)
    const answer = place(anExit(key))
    await broker.close()
    expect((await answer).kind).to.equal('acknowledged')
    expect(await filled()).to.equal(2)
  })
}
