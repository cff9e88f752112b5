import { expect } from 'chai'
import { tokenFrom } from '../../src/brokers/credentials.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { ClientOrderId } from '../../src/domain/order.ts'
import { RateLimited, Unauthorized } from '../../src/errors.ts'
import type { Capabilities, RejectionCode } from '../../src/ports/broker.ts'
import { brokerContract, type BrokerAtVenue } from '../contracts/broker-contract.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { PLAIN, type Settings } from '../support/broker-server/script.ts'
import {
  ACME,
  anHttpBroker,
  anOrder,
  everyCall,
  failure,
  ID,
  stage,
} from '../support/http-broker.ts'

const { signal } = new AbortController()

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
  const on = stage()

  describe('refused by the server', () => {
    it('the token is wrong, and nothing was done', async () => {
      const broker = on.open({ token: tokenFrom(() => 'wrong') })
      for (const [name, call] of Object.entries(everyCall(broker))) {
        expect(await failure(call()), name).to.be.instanceOf(Unauthorized)
      }
      expect(on.remote.book().orders).to.deep.equal([])
    })

    it('reads the token anew for each call', async () => {
      let token = 'old'
      const broker = on.open({ token: tokenFrom(() => token) })
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(Unauthorized)
      token = 'test-token'
      expect(await broker.placeExit(anOrder(), signal)).to.have.property('kind', 'acknowledged')
    })

    it('honours no wait beyond longestRetryAfterMs, and no ban beyond longestBanMs', async () => {
      const broker = on.open({ longestRetryAfterMs: 3_000, longestBanMs: 2_000 })
      await on.remote.script({ set: { limit: { perSecond: 0.01, retryAfter: '7' } } })
      await broker.holdings(signal)
      const error = await failure(broker.holdings(signal))
      await on.remote.script({ set: { limit: null } })
      expect(error).to.include({ retryAfterMs: 3_000, isBan: false })
      const headers = { 'ban-until': String(Date.now() + 3_600_000) }
      const harm = { kind: 'status', when: 'before', status: 429, headers } as const
      await on.remote.script({ faults: [{ on: 'holdings', harm }] })
      expect(await failure(broker.holdings(signal))).to.include({
        retryAfterMs: 2_000,
        isBan: true,
      })
    })

    it('runs into an unpublished limit, and has done nothing', async () => {
      await on.remote.script({ set: { limit: { perSecond: 0.01, retryAfter: '7' } } })
      const broker = on.open()
      await broker.holdings(signal)
      const error = await failure(broker.placeExit(anOrder(), signal))
      await on.remote.script({ set: { limit: null } })
      expect(error).to.be.instanceOf(RateLimited).and.include({ retryAfterMs: 7000, isBan: false })
      expect(on.remote.book().orders).to.deep.equal([])
    })

    it('learns of a ban and of its end', async () => {
      const ban = { refusals: 1, ms: 60_000 }
      await on.remote.script({ set: { limit: { perSecond: 0.01, ban } } })
      const broker = on.open()
      await broker.holdings(signal)
      const error = (await failure(broker.placeExit(anOrder(), signal))) as RateLimited
      await on.remote.script({ set: { limit: null } })
      expect(error).to.be.instanceOf(RateLimited).and.include({ isBan: true })
      expect(error.retryAfterMs).to.be.within(1, 61_000)
    })

    it('counts waits that cannot be read, and ignores them', async () => {
      const headers = { 'retry-after': '-5', 'ban-until': 'soon' }
      await on.harm({ kind: 'status', when: 'before', status: 429, headers })
      const broker = on.open()
      const error = await failure(broker.placeExit(anOrder(), signal))
      expect(error).to.be.instanceOf(RateLimited)
      expect(error).to.include({ retryAfterMs: undefined, isBan: false })
      expect(broker.oddities.waits).to.equal(2)
    })

    it('believes the status of a refusal whose body never ends', async () => {
      const body = 'x'.repeat(100_000)
      for (const status of [429, 401, 503]) {
        await on.harm({ kind: 'status', when: 'before', status, body, isEndless: true })
        const error = await failure(on.open().placeExit(anOrder(), signal))
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
      it(`reports ${code}, and that the order never lived`, async () => {
        await on.harm({ kind: 'reject', code, text: 'because' }, { on: 'place' })
        const broker = on.open()
        const answer = await broker.placeExit(anOrder(), signal)
        expect(answer).to.deep.equal({ kind: 'rejected', code, text: 'because' })
        expect(await broker.orderByClientId(ID, signal)).to.deep.equal({ kind: 'rejected', code })
        expect(on.remote.book().fills).to.deep.equal([])
      })
    }

    it('treats an unknown code as a rejection without a reason', async () => {
      await on.harm({ kind: 'reject', code: 'E-4711', text: `${'long '.repeat(100)}\u0007` })
      const answer = await on.open().placeExit(anOrder(), signal)
      expect(answer).to.include({ kind: 'rejected', code: 'refused' })
      if (answer.kind === 'rejected') expect(answer.text).to.have.length.below(201)
    })

    it('rejects while the market is closed', async () => {
      await on.remote.script({ set: { marketClosed: ['ACME'] } })
      const answer = await on.open().placeExit(anOrder(), signal)
      await on.remote.script({ set: { marketClosed: false } })
      expect(answer).to.deep.equal({ kind: 'rejected', code: 'market-closed' })
    })
  })

  describe('following an order', () => {
    it('reports how much was executed at the time of the answer, and what is executed later', async () => {
      await on.harm({ kind: 'fill', plan: { share: 0.5 } })
      const broker = on.open()
      const executed = { quantity: 1, price: 90 }
      expect(await broker.placeExit(anOrder(), signal)).to.deep.equal({
        kind: 'acknowledged',
        order: { kind: 'working', executed },
      })
      expect(await broker.openOrders!(signal)).to.deep.equal([
        { clientOrderId: ID, instrument: ACME, remaining: -1 },
      ])
      expect(await broker.cancel(ID, signal)).to.deep.equal({ kind: 'ended', executed })
    })

    it('reports a fill that crosses a cancel', async () => {
      const broker = on.open()
      await on.harm({ kind: 'fill', plan: { share: 0 } })
      await on.harm({ kind: 'cross', share: 1 }, { on: 'cancel' })
      await broker.placeExit(anOrder(), signal)
      const executed = { quantity: 2, price: 90 }
      expect(await broker.cancel(ID, signal)).to.deep.equal({ kind: 'filled', executed })
    })

    it('matches a late answer to its own request', async () => {
      const broker = on.open()
      await broker.placeExit(anOrder(), signal)
      await on.harm({ kind: 'behind', ms: 1000 }, { on: 'order', clientOrderId: ID })
      const [first, second] = await Promise.all([
        broker.orderByClientId(ID, signal),
        broker.orderByClientId('wk2' as ClientOrderId, signal),
      ])
      expect([first.kind, second.kind]).to.deep.equal(['filled', 'absent'])
    })
  })

  it('drops prices that are broken or of another instrument, and counts them', async () => {
    const text = JSON.stringify({
      quotes: [
        { instrument: 'ACME', ts: 1, price: '90' },
        { instrument: 'ELSE', ts: 1, price: 90 },
        { instrument: 'OTHER', ts: 1, price: 80, bid: 79, ask: 81 },
      ],
    })
    await on.harm({ kind: 'raw', text })
    const broker = on.open()
    const ticks = await broker.quotes([ACME, instrumentId('OTHER')], signal)
    expect(ticks).to.deep.equal([{ instrument: 'OTHER', ts: 1, price: 80, bid: 79, ask: 81 }])
    expect(broker.oddities.quotes).to.equal(2)
  })

  it('reports the capabilities that the server states', async () => {
    await on.remote.script({ set: { capabilities: { dedupe: 'open-only' } } })
    const announced = await on.open().announced(signal)
    await on.remote.script({ set: { capabilities: { dedupe: 'always' } } })
    expect(announced).to.deep.equal({ ...PLAIN.capabilities, dedupe: 'open-only' })
  })

  it('sends names and ids with any character unchanged', async () => {
    const name = 'BTC/USD ü&?#%2F'
    const broker = on.open()
    await on.remote.script({ prices: { [name]: 1 }, hands: [{ instrument: name, quantity: 4 }] })
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
  const broker = anHttpBroker(remote.url, { capabilities, openOrders: true })
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
