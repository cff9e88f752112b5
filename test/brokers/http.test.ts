import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import {
  httpBroker,
  type HttpBroker,
  type HttpBrokerOptions,
  httpBrokerSchema,
} from '../../src/brokers/http.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import {
  NotSent,
  OutcomeUnknown,
  RateLimited,
  Unauthorized,
  WatchkeeperError,
} from '../../src/errors.ts'
import type { Capabilities, RejectionCode } from '../../src/ports/broker.ts'
import { type BrokerAtVenue, brokerContract } from '../contracts/broker-contract.ts'
import { type RemoteBroker, startBroker } from '../support/broker-server/client.ts'
import { type Fault, type Harm, PLAIN, type Settings } from '../support/broker-server/script.ts'

const ACME = instrumentId('ACME')
const ID = 'wk1' as ClientOrderId
const { signal } = new AbortController()

const anOrder = (but: Partial<ExitOrder> = {}): ExitOrder => ({
  clientOrderId: ID,
  positionId: positionId('p1'),
  instrument: ACME,
  side: 'long',
  quantity: 2,
  priceSource: 'trade',
  reduceOnly: true,
  ...but,
})

/** Every capability is claimed, everything else is as by default; `but` is what the test is about. */
function aBroker(url: string, but: Partial<HttpBrokerOptions> = {}): HttpBroker {
  const { capabilities } = PLAIN
  const config = httpBrokerSchema.parse({ url, token: 'unused', plainHttp: true, capabilities })
  return httpBroker({ ...config, token: () => 'test-token', ...but })
}

const failure = async (promise: Promise<unknown>): Promise<WatchkeeperError> => {
  const error = await promise.then(
    value => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(WatchkeeperError)
  return error as WatchkeeperError
}

/** Every question and every order, by its name. */
const calls = (broker: HttpBroker): Record<string, () => Promise<unknown>> => ({
  placeExit: () => broker.placeExit(anOrder(), signal),
  cancel: () => broker.cancel(ID, signal),
  orderByClientId: () => broker.orderByClientId(ID, signal),
  holding: () => broker.holding({ instrument: ACME }, signal),
  holdings: () => broker.holdings(signal),
  quotes: () => broker.quotes([ACME], signal),
  openOrders: () => broker.openOrders!(signal),
  announced: () => broker.announced(signal),
})

/** A venue for each kind of proof that the ledger may need. */
const VENUES: Readonly<
  Record<string, { proves: Partial<Capabilities>; lagMs?: Settings['lagMs'] }>
> = {
  'that proves everything': { proves: {} },
  'that only de-duplicates, and holds both sides': {
    proves: { lookup: 'none', reduceOnly: false, holdings: 'sides' },
  },
  'that only finds orders, late': {
    proves: { dedupe: 'never', reduceOnly: false, visibilityMs: 300 },
    lagMs: { order: 100, holding: 150, list: 200 },
  },
  'that only knows reduce-only, and tickets': {
    proves: { dedupe: 'never', lookup: 'none', holdings: 'tickets' },
  },
  'that only knows what works': {
    proves: { dedupe: 'open-only', lookup: 'open-only', reduceOnly: false },
  },
}

describe('HttpBroker', () => {
  let remote: RemoteBroker
  let opened: HttpBroker[]

  before(async () => {
    remote = await startBroker()
  })
  after(() => remote.close())

  beforeEach(async () => {
    opened = []
    await remote.script({
      ...{ fresh: true, clear: true, prices: { ACME: 90 } },
      hands: [{ instrument: 'ACME', quantity: 5 }],
    })
  })
  afterEach(() => Promise.all(opened.map(broker => broker.close())))

  const open = (but: Partial<HttpBrokerOptions> = {}, url = remote.url): HttpBroker => {
    const broker = aBroker(url, { openOrders: true, ...but })
    opened.push(broker)
    return broker
  }
  const harm = (harmDone: Harm, fault: Omit<Fault, 'harm'> = {}): Promise<void> =>
    remote.script({ faults: [{ ...fault, harm: harmDone }] })
  const sendings = async (): Promise<number> =>
    (await remote.requests()).filter(({ route }) => route === 'place').length

  describe('before any byte of a request has left', () => {
    let silent: Server
    let received: Buffer

    /** Takes connections and never says a word, whatever it hears. */
    beforeEach(async () => {
      received = Buffer.alloc(0)
      silent = createServer(socket => {
        socket.on('error', () => undefined)
        socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
      })
      silent.listen(0, '127.0.0.1')
      await once(silent, 'listening')
    })
    afterEach(() => void silent.close())
    const silentUrl = (protocol: string): string =>
      `${protocol}://127.0.0.1:${(silent.address() as AddressInfo).port}`

    it('says that it was not sent when nobody listens', async () => {
      await remote.script({ set: { outage: { mode: 'refuse' } } })
      for (const [name, call] of Object.entries(calls(open()))) {
        expect(await failure(call()), name).to.be.instanceOf(NotSent)
      }
      await remote.script({ set: { outage: null } })
      expect(remote.book().orders).to.deep.equal([])
    })

    it('says that it was not sent when the host has no address', async () => {
      const error = await failure(open({}, 'http://broker.invalid').placeExit(anOrder(), signal))
      expect(error).to.be.instanceOf(NotSent)
    })

    it('says that it was not sent when the other side does not prove who it is', async () => {
      silent.on('connection', socket =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n')),
      )
      const broker = open({}, silentUrl('https'))
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(NotSent)
      expect(received.toString('latin1')).to.not.match(/POST|ACME|test-token/)
    })

    it('says that it was not sent when there is no connection in time', async () => {
      const broker = open({ connectTimeoutMs: 50 }, silentUrl('https'))
      const error = await failure(broker.placeExit(anOrder(), signal))
      expect(error)
        .to.be.instanceOf(NotSent)
        .with.property('message')
        .match(/no connection/)
      expect(received.toString('latin1')).to.not.match(/POST|ACME|test-token/)
    })

    it('says that it was not sent when it was given up while it connected', async () => {
      const broker = open({}, silentUrl('https'))
      const giveUp = new AbortController()
      const answer = failure(broker.placeExit(anOrder(), giveUp.signal))
      await once(silent, 'connection')
      giveUp.abort()
      expect(await answer).to.be.instanceOf(NotSent)
    })

    it('sends nothing without a token that it can read', async () => {
      const unreadable: (() => string)[] = [
        () => '',
        () => 'two\nlines',
        () => 'schlüssel',
        () => {
          throw new Error('no such file')
        },
      ]
      for (const token of unreadable) {
        const error = await failure(open({ token }).placeExit(anOrder(), signal))
        expect(error).to.be.instanceOf(Unauthorized)
        expect(error.message).to.not.include(token.toString())
      }
      expect(await sendings()).to.equal(0)
    })

    it('sends nothing after it was closed', async () => {
      const broker = open()
      await broker.close()
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(NotSent)
    })
  })

  describe('after it was sent', () => {
    const status = (code: number, headers = {}): Harm => ({
      ...{ kind: 'status', when: 'after', status: code, headers },
    })
    const location = 'http://127.0.0.1:9/'
    /** What may come back from an order that was carried out. */
    const LOST: Readonly<Record<string, Harm>> = {
      'a reset connection': { kind: 'reset', when: 'after' },
      'status 500': status(500),
      'status 502 of a proxy': status(502),
      'status 503 with a time to come back': status(503, { 'retry-after': '1' }),
      'status 400': status(400),
      'status 403': status(403),
      'status 404': status(404),
      'status 409': status(409),
      'status 421, which others send again': status(421),
      'status 204 without an answer': status(204),
      'a redirect that keeps the method': status(307, { location }),
      'a redirect that does not': status(303, { location }),
      nothing: { kind: 'raw', text: '' },
      'half an answer': { kind: 'raw', text: `{"clientOrderId":"${ID}","kind":"ack` },
      'a page': { kind: 'raw', text: '<html>Please log in</html>' },
      null: { kind: 'raw', text: 'null' },
      'a list': { kind: 'raw', text: '[{"kind":"rejected","code":"refused"}]' },
      'an answer without a kind': { kind: 'patch', fields: { kind: null } },
      'a kind that nobody knows': { kind: 'patch', fields: { kind: 'accepted' } },
      'a rejection without a code': { kind: 'patch', fields: { kind: 'rejected' } },
      'an answer about another order': { kind: 'patch', fields: { clientOrderId: 'wk2' } },
      'an answer about no order': { kind: 'patch', fields: { clientOrderId: null } },
      'a filled order without a fill': {
        kind: 'patch',
        fields: { order: { kind: 'filled', executed: { quantity: 0, price: null } } },
      },
      'a quantity as text': {
        kind: 'patch',
        fields: { order: { kind: 'filled', executed: { quantity: '2', price: 90 } } },
      },
      'more than it wants to read': { kind: 'flood', bytes: 100_000_000 },
    }

    for (const [name, harmDone] of Object.entries(LOST)) {
      it(`knows nothing of the order after ${name}, and sends it once`, async () => {
        await harm(harmDone, { on: 'place' })
        const broker = open()
        const error = await failure(broker.placeExit(anOrder(), signal))
        expect(error).to.be.instanceOf(OutcomeUnknown)
        expect(error.message).to.not.include('test-token')
        expect(await sendings()).to.equal(1)
        expect(await broker.orderByClientId(ID, signal)).to.deep.equal({
          ...{ kind: 'filled', executed: { quantity: 2, price: 90 } },
        })
      })
    }

    for (const when of ['before', 'writing', 'after'] as const) {
      it(`knows nothing of the order when the server dies ${when} it acts`, async () => {
        await harm({ kind: 'crash', when }, { on: 'place' })
        const broker = open()
        expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(OutcomeUnknown)
        await remote.death()
        expect(remote.book().fills).to.have.length(when === 'after' ? 1 : 0)
        await remote.restart()
        const again = await broker.placeExit(anOrder(), signal)
        expect(again.kind).to.equal(when === 'after' ? 'duplicate' : 'acknowledged')
        expect(remote.book().holdings).to.deep.equal([{ instrument: 'ACME', quantity: 3 }])
      })
    }

    const STUCK: Readonly<Record<string, Harm>> = {
      'nothing comes': { kind: 'hang', when: 'after' },
      'it comes a byte a second': { kind: 'drip', everyMs: 1000 },
      'it never ends': { kind: 'drip', everyMs: 1, padding: 1_000_000 },
    }
    for (const [name, harmDone] of Object.entries(STUCK)) {
      it(`ends with the signal when ${name}`, async () => {
        await harm(harmDone, { times: 'always' })
        for (const ask of [
          (given: AbortSignal) => open().placeExit(anOrder(), given),
          (given: AbortSignal) => open().holdings(given),
        ]) {
          const error = await failure(ask(AbortSignal.timeout(100)))
          expect(error).to.be.instanceOf(OutcomeUnknown)
        }
      })

      it(`ends by itself when ${name} and the signal is silent`, async () => {
        await harm(harmDone)
        const error = await failure(open({ timeoutMs: 100 }).placeExit(anOrder(), signal))
        expect(error).to.be.instanceOf(OutcomeUnknown)
      })
    }

    it('knows nothing of an order that acts after it was given up', async () => {
      await harm({ kind: 'delay', when: 'before', ms: 300 }, { on: 'place' })
      const broker = open()
      const error = await failure(broker.placeExit(anOrder(), AbortSignal.timeout(50)))
      expect(error).to.be.instanceOf(OutcomeUnknown)
      expect(await broker.orderByClientId(ID, signal)).to.deep.equal({ kind: 'absent' })
      while ((await broker.orderByClientId(ID, signal)).kind === 'absent') await sleep(20)
      expect(remote.book().fills).to.have.length(1)
    })

    it('knows nothing of anything that it asked, and never reads it as flat or absent', async () => {
      const harms: Harm[] = [
        status(404),
        status(500),
        { kind: 'reset', when: 'after' },
        { kind: 'raw', text: '{}' },
        { kind: 'raw', text: '' },
      ]
      const broker = open()
      for (const harmDone of harms) {
        await harm(harmDone, { times: 'always' })
        for (const [name, call] of Object.entries(calls(broker))) {
          if (name === 'announced' && 'text' in harmDone && harmDone.text === '{}') continue
          expect(await failure(call()), name).to.be.instanceOf(OutcomeUnknown)
        }
        await remote.script({ clear: true })
      }
    })
  })

  describe('refused by the server', () => {
    it('is not let in, and has done nothing', async () => {
      const broker = open({ token: () => 'wrong' })
      for (const [name, call] of Object.entries(calls(broker))) {
        expect(await failure(call()), name).to.be.instanceOf(Unauthorized)
      }
      expect(remote.book().orders).to.deep.equal([])
    })

    it('asks for the token anew with each call', async () => {
      let token = 'old'
      const broker = open({ token: () => token })
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(Unauthorized)
      token = 'test-token'
      expect(await broker.placeExit(anOrder(), signal)).to.have.property('kind', 'acknowledged')
    })

    it('meets a limit that nobody told, and has done nothing', async () => {
      await remote.script({ set: { limit: { perSecond: 0.01, retryAfter: '7' } } })
      const broker = open()
      await broker.holdings(signal)
      const error = await failure(broker.placeExit(anOrder(), signal))
      await remote.script({ set: { limit: null } })
      expect(error).to.be.instanceOf(RateLimited).and.include({ retryAfterMs: 7000, isBan: false })
      expect(remote.book().orders).to.deep.equal([])
    })

    it('is told of a ban and of its end', async () => {
      const ban = { refusals: 1, ms: 60_000 }
      await remote.script({ set: { limit: { perSecond: 0.01, ban } } })
      const broker = open()
      await broker.holdings(signal)
      const error = (await failure(broker.placeExit(anOrder(), signal))) as RateLimited
      await remote.script({ set: { limit: null } })
      expect(error).to.be.instanceOf(RateLimited).and.include({ isBan: true })
      expect(error.retryAfterMs).to.be.within(1, 61_000)
    })

    it('counts waits that cannot be read, and believes in none', async () => {
      const headers = { 'retry-after': '-5', 'ban-until': 'soon' }
      await harm({ kind: 'status', when: 'before', status: 429, headers })
      const broker = open()
      const error = await failure(broker.placeExit(anOrder(), signal))
      expect(error).to.be.instanceOf(RateLimited)
      expect(error).to.include({ retryAfterMs: undefined, isBan: false })
      expect(broker.oddities.waits).to.equal(2)
    })

    it('believes the status of a refusal whose body never ends', async () => {
      const body = 'x'.repeat(100_000)
      for (const status of [429, 401, 503]) {
        await harm({ kind: 'status', when: 'before', status, body, isEndless: true })
        const error = await failure(open().placeExit(anOrder(), signal))
        expect(error.code).to.equal(
          { 429: 'RATE_LIMITED', 401: 'UNAUTHORIZED', 503: 'OUTCOME_UNKNOWN' }[status],
        )
        expect(error.message).to.have.length.below(400)
      }
    })
  })

  describe('rejected by the venue', () => {
    const codes: readonly RejectionCode[] = [
      'insufficient-quantity',
      'market-closed',
      'would-trigger',
      'unknown-instrument',
      'no-permission',
      'refused',
    ]
    for (const code of codes) {
      it(`tells of ${code}, and that the order never lived`, async () => {
        await harm({ kind: 'reject', code, text: 'because' }, { on: 'place' })
        const broker = open()
        const answer = await broker.placeExit(anOrder(), signal)
        expect(answer).to.deep.equal({ kind: 'rejected', code, text: 'because' })
        expect(await broker.orderByClientId(ID, signal)).to.deep.equal({ kind: 'rejected', code })
        expect(remote.book().fills).to.deep.equal([])
      })
    }

    it('takes a code that it does not know for a rejection without a reason', async () => {
      await harm({ kind: 'reject', code: 'E-4711', text: `${'long '.repeat(100)}\u0007` })
      const answer = await open().placeExit(anOrder(), signal)
      expect(answer).to.include({ kind: 'rejected', code: 'refused' })
      if (answer.kind === 'rejected') expect(answer.text).to.have.length.below(201)
    })

    it('rejects while the market is closed', async () => {
      await remote.script({ set: { marketClosed: ['ACME'] } })
      const answer = await open().placeExit(anOrder(), signal)
      await remote.script({ set: { marketClosed: false } })
      expect(answer).to.deep.equal({ kind: 'rejected', code: 'market-closed' })
    })
  })

  describe('following an order', () => {
    it('tells how much of it was executed when the answer comes, and what goes on', async () => {
      await harm({ kind: 'fill', plan: { share: 0.5 } })
      const broker = open()
      const executed = { quantity: 1, price: 90 }
      expect(await broker.placeExit(anOrder(), signal)).to.deep.equal({
        ...{ kind: 'acknowledged', order: { kind: 'working', executed } },
      })
      expect(await broker.openOrders!(signal)).to.deep.equal([
        { clientOrderId: ID, instrument: ACME, remaining: -1 },
      ])
      expect(await broker.cancel(ID, signal)).to.deep.equal({ kind: 'ended', executed })
    })

    it('tells of a fill that crosses a cancel', async () => {
      const broker = open()
      await harm({ kind: 'fill', plan: { share: 0 } })
      await harm({ kind: 'cross', share: 1 }, { on: 'cancel' })
      await broker.placeExit(anOrder(), signal)
      const executed = { quantity: 2, price: 90 }
      expect(await broker.cancel(ID, signal)).to.deep.equal({ kind: 'filled', executed })
    })

    it('lets an answer that comes late belong to its own question', async () => {
      const broker = open()
      await broker.placeExit(anOrder(), signal)
      await harm({ kind: 'behind', ms: 1000 }, { on: 'order', clientOrderId: ID })
      const [first, second] = await Promise.all([
        broker.orderByClientId(ID, signal),
        broker.orderByClientId('wk2' as ClientOrderId, signal),
      ])
      expect([first.kind, second.kind]).to.deep.equal(['filled', 'absent'])
    })
  })

  describe('reading holdings', () => {
    it('tells what the list says, also that it is empty or partial', async () => {
      await remote.handTrade({ instrument: 'OTHER', quantity: -3 })
      const broker = open()
      expect(await broker.holdings(signal)).to.have.length(2)
      await harm({ kind: 'rows', change: 'half' })
      expect(await broker.holdings(signal)).to.have.length(1)
      await harm({ kind: 'rows', change: 'empty' })
      expect(await broker.holdings(signal)).to.deep.equal([])
      expect(await broker.holding({ instrument: ACME }, signal)).to.include({ kind: 'held' })
    })

    const BROKEN: Readonly<Record<string, Harm>> = {
      'that is missing': { kind: 'rows', change: 'missing' },
      'with a broken row': { kind: 'rows', change: 'malformed' },
      'that has a holding twice': { kind: 'rows', change: 'twice' },
      'that is null': { kind: 'raw', text: '{"holdings":null}' },
      'with a quantity beyond all numbers': {
        kind: 'raw',
        text: '{"holdings":[{"instrument":"ACME","quantity":1e999}]}',
      },
      'with a side that contradicts its quantity': {
        kind: 'raw',
        text: '{"holdings":[{"instrument":"ACME","side":"long","quantity":-5}]}',
      },
    }
    for (const [name, harmDone] of Object.entries(BROKEN)) {
      it(`knows nothing from a list ${name}`, async () => {
        await harm(harmDone, { on: 'holdings' })
        expect(await failure(open().holdings(signal))).to.be.instanceOf(OutcomeUnknown)
      })
    }

    it('knows nothing from a list without what the venue tells apart', async () => {
      for (const holdings of ['sides', 'tickets'] as const) {
        const broker = open({ capabilities: { ...PLAIN.capabilities, holdings } })
        expect(await failure(broker.holdings(signal))).to.be.instanceOf(OutcomeUnknown)
      }
    })

    it('leaves out what a list shows as closed', async () => {
      const text = '{"holdings":[{"instrument":"ACME","quantity":0}]}'
      await harm({ kind: 'raw', text })
      expect(await open().holdings(signal)).to.deep.equal([])
    })

    const NO_ANSWER: Readonly<Record<string, string>> = {
      'a quantity of 0 that is held': '{"instrument":"ACME","kind":"held","quantity":0}',
      'a flat holding of another name': '{"instrument":"OTHER","kind":"flat"}',
      'a flat holding without a name': '{"kind":"flat"}',
      'no kind': '{"instrument":"ACME","quantity":0}',
      'an age before its time': '{"instrument":"ACME","kind":"flat","ageMs":-1}',
    }
    for (const [name, text] of Object.entries(NO_ANSWER)) {
      it(`does not take for flat: ${name}`, async () => {
        await harm({ kind: 'raw', text }, { on: 'holding' })
        const error = await failure(open().holding({ instrument: ACME }, signal))
        expect(error).to.be.instanceOf(OutcomeUnknown)
      })
    }

    it('tells when the venue does not know', async () => {
      await harm({ kind: 'patch', fields: { kind: 'unknown' } }, { on: 'holding' })
      const report = await open().holding({ instrument: ACME }, signal)
      expect(report).to.deep.equal({ kind: 'unknown' })
    })

    it('dates an answer from its question, by its own clock', async () => {
      const broker = open({ now: () => 1_000_000 })
      await harm({ kind: 'patch', fields: { ageMs: 250 } }, { on: 'holding' })
      const report = await broker.holding({ instrument: ACME }, signal)
      expect(report).to.deep.equal({ kind: 'held', quantity: 5, asOf: 999_750 })
      expect(await broker.holdings(signal)).to.deep.equal([
        { instrument: ACME, quantity: 5, asOf: 1_000_000 },
      ])
    })
  })

  it('leaves out prices that are broken or of something else, and counts them', async () => {
    const text = JSON.stringify({
      quotes: [
        { instrument: 'ACME', ts: 1, price: '90' },
        { instrument: 'ELSE', ts: 1, price: 90 },
        { instrument: 'OTHER', ts: 1, price: 80, bid: 79, ask: 81 },
      ],
    })
    await harm({ kind: 'raw', text })
    const broker = open()
    const ticks = await broker.quotes([ACME, instrumentId('OTHER')], signal)
    expect(ticks).to.deep.equal([{ instrument: 'OTHER', ts: 1, price: 80, bid: 79, ask: 81 }])
    expect(broker.oddities.quotes).to.equal(2)
  })

  it('tells what the server says that it can prove', async () => {
    await remote.script({ set: { capabilities: { dedupe: 'open-only' } } })
    const announced = await open().announced(signal)
    await remote.script({ set: { capabilities: { dedupe: 'always' } } })
    expect(announced).to.deep.equal({ ...PLAIN.capabilities, dedupe: 'open-only' })
  })

  it('sends names and ids with any character as they are', async () => {
    const name = 'BTC/USD ü&?#%2F'
    const broker = open()
    await remote.script({ prices: { [name]: 1 }, hands: [{ instrument: name, quantity: 4 }] })
    const instrument = instrumentId(name)
    const id = 'wk/..?x=%20' as ClientOrderId
    await broker.placeExit(anOrder({ clientOrderId: id, instrument }), signal)
    expect(await broker.orderByClientId(id, signal)).to.have.property('kind', 'filled')
    expect(await broker.cancel(id, signal)).to.have.property('kind', 'filled')
    expect(await broker.holding({ instrument }, signal)).to.include({ quantity: 2 })
  })

  for (const [name, { proves, lagMs }] of Object.entries(VENUES)) {
    describe(`as every broker, at a venue ${name}`, () => {
      const capabilities = { ...PLAIN.capabilities, ...proves }
      let remote: RemoteBroker
      before(async () => {
        remote = await startBroker({ settings: { capabilities, ...(lagMs && { lagMs }) } })
      })
      after(() => remote.close())

      brokerContract({
        capabilities,
        open: async () => {
          await remote.script({ fresh: true })
          return atVenue(remote, capabilities)
        },
      })
    })
  }
})

let deposits = 0

function atVenue(remote: RemoteBroker, capabilities: Capabilities): BrokerAtVenue {
  const config = httpBrokerSchema.parse({ url: remote.url, token: 'x', capabilities })
  const broker: HttpBroker = httpBroker({ ...config, openOrders: true, token: () => 'test-token' })
  return {
    broker,
    deposit: async (instrument, side, quantity) => {
      const { holdings } = capabilities
      const apart = {
        ...(holdings === 'sides' && { side }),
        ...(holdings === 'tickets' && { ticket: `t${++deposits}` }),
      }
      await remote.handTrade({
        instrument,
        ...apart,
        quantity: side === 'long' ? quantity : -quantity,
      })
      return { instrument, ...apart }
    },
    price: (instrument, price) => remote.price(instrument, price),
    fills: () => Promise.resolve(remote.book().fills),
    close: () => broker.close(),
  }
}
