import { expect } from 'chai'
import { checkedBroker } from '../../src/brokers/checked.ts'
import type { AccountHint } from '../../src/domain/account-hint.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import type { StopOrder } from '../../src/domain/resting-stop.ts'
import {
  NotSent,
  OutcomeUnknown,
  RateLimited,
  Unauthorized,
  type AdapterFault,
} from '../../src/errors.ts'
import type { Broker, OrderUpdate } from '../../src/ports/broker.ts'
import { aPosition } from '../support/builders.ts'

const id = 'wk1' as ClientOrderId
const ACME = instrumentId('ACME')
const { signal } = new AbortController()

const anExitOrder = (): ExitOrder => {
  const { id: positionId, instrument, side, quantity, priceSource } = aPosition()
  return {
    clientOrderId: id,
    positionId,
    instrument,
    side,
    quantity,
    priceSource,
    reduceOnly: true,
  }
}

const aStop = (): StopOrder => ({ ...anExitOrder(), trigger: { price: 90, by: 'last' } })

async function caught(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

/** A broker all of whose calls end as `answer` does. */
const answering = (answer: () => unknown): Broker => {
  const call = (): Promise<never> => answer() as Promise<never>
  return {
    capabilities: {} as Broker['capabilities'],
    placeExit: call,
    placeStop: call,
    amendStop: call,
    orderByClientId: call,
    cancel: call,
    holding: call,
    holdings: call,
    quotes: call,
    openOrders: call,
    close: () => Promise.resolve(),
  }
}

const CALLS: Record<string, (broker: Broker) => Promise<unknown>> = {
  placeExit: broker => broker.placeExit(anExitOrder(), signal),
  placeStop: broker => broker.placeStop!(aStop(), signal),
  amendStop: broker => broker.amendStop!(aStop(), signal),
  orderByClientId: broker => broker.orderByClientId(id, signal),
  cancel: broker => broker.cancel(id, signal),
  holding: broker => broker.holding({ instrument: ACME }, signal),
  holdings: broker => broker.holdings(signal),
  quotes: broker => broker.quotes([ACME], signal),
  openOrders: broker => broker.openOrders!(signal),
}

const order = { kind: 'working', executed: { quantity: 1, price: 5 } }

/** Answers that break the contract, by call. */
const WRONG: readonly (readonly [call: string, what: string, answer: unknown])[] = [
  ['placeExit', 'of no known kind', { kind: 'ok' }],
  [
    'placeExit',
    'with an order of a negative quantity',
    {
      kind: 'acknowledged',
      order: { ...order, executed: { quantity: -1, price: 5 } },
    },
  ],
  [
    'placeExit',
    'with a quantity that is no number',
    {
      kind: 'acknowledged',
      order: { ...order, executed: { quantity: '1', price: 5 } },
    },
  ],
  ['orderByClientId', 'that is a list', []],
  [
    'orderByClientId',
    'with a fill of nothing',
    {
      kind: 'filled',
      executed: { quantity: 0, price: null },
    },
  ],
  [
    'cancel',
    'with a price that is no number',
    {
      kind: 'filled',
      executed: { quantity: 1, price: NaN },
    },
  ],
  ['holding', 'without a quantity', { kind: 'held', quantity: 0, ageMs: 1 }],
  ['holding', 'without its time', { kind: 'flat' }],
  ['holdings', 'that is no list', { holdings: [] }],
  ['holdings', 'with a row without an instrument', [{ quantity: 1, ageMs: 1 }]],
  ['quotes', 'with a price that is missing', [{ instrument: 'ACME', ts: 1 }]],
  ['openOrders', 'with a row that is null', [null]],
]

describe('checkedBroker', () => {
  for (const [call, what, answer] of WRONG) {
    it(`reports an answer to ${call} ${what} as a fault of the adapter`, async () => {
      const broker = checkedBroker(
        answering(() => Promise.resolve(answer)),
        () => undefined,
      )
      const error = await caught(() => CALLS[call]!(broker))
      expect(error).to.have.property('code', 'ADAPTER_FAULT')
      expect(error.message).to.match(new RegExp(`^${call}: `))
    })
  }

  for (const call of Object.keys(CALLS)) {
    it(`reports a missing answer to ${call} as a fault of the adapter`, async () => {
      const broker = checkedBroker(
        answering(() => Promise.resolve(undefined)),
        () => undefined,
      )
      expect(await caught(() => CALLS[call]!(broker))).to.have.property('code', 'ADAPTER_FAULT')
    })

    it(`reports an error of its own in ${call} as a fault of the adapter`, async () => {
      const broker = checkedBroker(
        answering(() => Promise.reject(new TypeError('x is not a function'))),
        () => undefined,
      )
      const error = await caught(() => CALLS[call]!(broker))
      expect(error).to.have.property('code', 'ADAPTER_FAULT')
      expect(error.cause).to.be.instanceOf(TypeError)
    })

    it(`reports what ${call} throws before it returns a promise as a fault of the adapter`, async () => {
      const broker = checkedBroker(
        answering(() => {
          throw new RangeError('out of range')
        }),
        () => undefined,
      )
      expect(await caught(() => CALLS[call]!(broker))).to.have.property('code', 'ADAPTER_FAULT')
    })
  }

  for (const error of [
    new NotSent('no'),
    new RateLimited('slow', { retryAfterMs: 5 }),
    new Unauthorized('who'),
    new OutcomeUnknown('hm'),
  ]) {
    it(`passes ${error.name} through unchanged`, async () => {
      const broker = checkedBroker(
        answering(() => Promise.reject(error)),
        () => undefined,
      )
      expect(await caught(() => CALLS['placeExit']!(broker))).to.equal(error)
    })
  }

  for (const [what, given, read] of [
    ['prices that are no numbers', { low: '95', high: 105 }, undefined],
    ['a low price above the high one', { low: 105, high: 95 }, undefined],
    ['one price only', { low: 95 }, { low: 95 }],
    ['both prices', { low: 95, high: 105 }, { low: 95, high: 105 }],
  ] as const) {
    it(`takes a rejection whose price band has ${what}`, async () => {
      const rejection = { kind: 'rejected', code: 'price-band' } as const
      const broker = checkedBroker(
        answering(() => Promise.resolve({ ...rejection, band: given })),
        () => undefined,
      )
      const answer = await broker.placeExit(anExitOrder(), signal)
      expect(answer).to.deep.equal(read === undefined ? rejection : { ...rejection, band: read })
    })
  }

  it('treats any error after the deadline as a missing answer', async () => {
    const controller = new AbortController()
    controller.abort()
    const broker = checkedBroker(
      answering(() => Promise.reject(controller.signal.reason as Error)),
      () => undefined,
    )
    const error = await caught(() => broker.placeExit(anExitOrder(), controller.signal))
    expect(error).to.be.instanceOf(OutcomeUnknown)
  })

  it('drops pushed events of another shape, and reports them', () => {
    let push: (update: OrderUpdate) => void = () => undefined
    const faults: AdapterFault[] = []
    const heard: OrderUpdate[] = []
    const plain = answering(() => undefined)
    const broker = checkedBroker(
      { ...plain, streamOrders: listener => void (push = listener) },
      fault => faults.push(fault),
    )
    broker.streamOrders!(update => heard.push(update))
    const good = { clientOrderId: id, order } as OrderUpdate
    const late: OrderUpdate = { clientOrderId: id, order: { kind: 'rejected', code: 'refused' } }
    push({ clientOrderId: id, order: { kind: 'gone' } } as unknown as OrderUpdate)
    push(undefined as unknown as OrderUpdate)
    push(good)
    push(late)
    expect(heard).to.deep.equal([good, late])
    expect(faults.map(({ code }) => code)).to.deep.equal(['ADAPTER_FAULT', 'ADAPTER_FAULT'])
  })

  it('drops hints of another shape, and reports them', () => {
    let push: (hint: AccountHint) => void = () => undefined
    const faults: AdapterFault[] = []
    const heard: AccountHint[] = []
    const plain = answering(() => undefined)
    const broker = checkedBroker(
      { ...plain, streamHints: listener => void (push = listener) },
      fault => faults.push(fault),
    )
    broker.streamHints!(hint => heard.push(hint))
    push({ kind: 'holding' } as unknown as AccountHint)
    push({ kind: 'gap', why: 'the session has ended' })
    expect(heard).to.deep.equal([{ kind: 'gap', why: 'the session has ended' }])
    expect(faults.map(({ code }) => code)).to.deep.equal(['ADAPTER_FAULT'])
  })

  it('has neither list nor stream where the adapter has none', () => {
    const { openOrders: _none, ...plain } = answering(() => undefined)
    const broker = checkedBroker(plain, () => undefined)
    expect(broker.openOrders).to.equal(undefined)
    expect(broker.streamOrders).to.equal(undefined)
  })
})
