import { expect } from 'chai'
import { tokenFrom } from '../../src/brokers/credentials.ts'
import {
  httpBroker,
  httpBrokerSchema,
  type HttpBroker,
  type HttpBrokerOptions,
} from '../../src/brokers/http.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { startBroker, type RemoteBroker } from './broker-server/client.ts'
import { PLAIN, type Fault, type Harm } from './broker-server/script.ts'

export const ACME = instrumentId('ACME')
export const ID = 'wk1' as ClientOrderId

/** An exit of 2 of the 5 ACME that are held. */
export const anOrder = (but: Partial<ExitOrder> = {}): ExitOrder => ({
  clientOrderId: ID,
  positionId: positionId('p1'),
  instrument: ACME,
  side: 'long',
  quantity: 2,
  priceSource: 'trade',
  reduceOnly: true,
  ...but,
})

/** Claims every capability; everything else is as by default. */
export function anHttpBroker(url: string, but: Partial<HttpBrokerOptions> = {}): HttpBroker {
  const config = httpBrokerSchema.parse({ url, token: 'unused', plainHttp: true })
  const { capabilities } = PLAIN
  return httpBroker({ ...config, capabilities, token: tokenFrom(() => 'test-token'), ...but })
}

/**
 * The error that a promise is rejected with; fails if it resolves, or rejects with another kind.
 */
export async function failure(promise: Promise<unknown>): Promise<WatchkeeperError> {
  const error = await promise.then(
    value => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(WatchkeeperError)
  return error as WatchkeeperError
}

/** Every query and every order, by name. */
export function everyCall(broker: HttpBroker): Record<string, () => Promise<unknown>> {
  const { signal } = new AbortController()
  return {
    placeExit: () => broker.placeExit(anOrder(), signal),
    cancel: () => broker.cancel(ID, signal),
    orderByClientId: () => broker.orderByClientId(ID, signal),
    holding: () => broker.holding({ instrument: ACME }, signal),
    holdings: () => broker.holdings(signal),
    quotes: () => broker.quotes([ACME], signal),
    openOrders: () => broker.openOrders!(signal),
    announced: () => broker.announced(signal),
  }
}

export interface Stage {
  readonly remote: RemoteBroker
  /** A broker at the server, or elsewhere, that is closed after the test. */
  open(but?: Partial<HttpBrokerOptions>, url?: string): HttpBroker
  /** Applies a fault to the next request, or to the requests that the fault is aimed at. */
  harm(harm: Harm, fault?: Omit<Fault, 'harm'>): Promise<void>
  /** Orders that have arrived since the test began. */
  sendings(): Promise<number>
}

/** One server for all tests of a suite; each begins with 5 ACME at 90 and no faults. */
export function stage(): Stage {
  let remote: RemoteBroker
  let opened: HttpBroker[]

  before(async () => {
    remote = await startBroker()
  })
  after(() => remote.close())

  beforeEach(async () => {
    opened = []
    await remote.script({
      fresh: true,
      clear: true,
      prices: { ACME: 90 },
      hands: [{ instrument: 'ACME', quantity: 5 }],
    })
  })
  afterEach(() => Promise.all(opened.map(broker => broker.close())))

  return {
    get remote() {
      return remote
    },
    open: (but = {}, url = remote.url) => {
      const broker = anHttpBroker(url, { openOrders: true, ...but })
      opened.push(broker)
      return broker
    },
    harm: (harm, fault = {}) => remote.script({ faults: [{ ...fault, harm }] }),
    sendings: async () => (await remote.requests()).filter(({ route }) => route === 'place').length,
  }
}
