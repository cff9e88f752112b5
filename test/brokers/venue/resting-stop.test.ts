import { expect } from 'chai'
import type { Ask } from '../../../src/brokers/http/exchange.ts'
import type { VenueBroker } from '../../../src/brokers/venue/account.ts'
import type { Asked } from '../../../src/brokers/venue/adapter.ts'
import * as binance from '../../../src/brokers/venue/binance/requests.ts'
import * as binanceStops from '../../../src/brokers/venue/binance/stops.ts'
import * as bybit from '../../../src/brokers/venue/bybit/requests.ts'
import * as okx from '../../../src/brokers/venue/okx/requests.ts'
import * as okxStops from '../../../src/brokers/venue/okx/stops.ts'
import { instrumentId } from '../../../src/domain/ids.ts'
import type { ClientOrderId } from '../../../src/domain/order.ts'
import type { StopOrder } from '../../../src/domain/resting-stop.ts'
import { OutcomeUnknown } from '../../../src/errors.ts'
import { anOrder, failure } from '../../support/http-broker.ts'
import { atBinance } from '../../support/venues/at-binance.ts'
import { atBybit } from '../../support/venues/at-bybit.ts'
import { atOkx } from '../../support/venues/at-okx.ts'
import type { EmulatedVenue } from '../../support/venues/at-venue.ts'
import { golden, goldenExit, goldenParts, partsOf, STAMP } from '../../support/venues/golden.ts'
import { assertClaim, claimOf, recordsOf, type Expected } from '../../support/venues/records.ts'

const ACME = instrumentId('ACME')
const ID = 'wkn0123456789abcdef0123456' as ClientOrderId
const { signal } = new AbortController()

const aStop = (price: number, but: Partial<StopOrder> = {}): StopOrder => ({
  ...anOrder({ clientOrderId: ID, quantity: 5 }),
  trigger: { price, by: 'last' },
  ...but,
})

const VENUES = { binance: atBinance, bybit: atBybit, okx: atOkx } as const

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`a stop that rests at ${kind}`, () => {
    let venue: EmulatedVenue
    let broker: VenueBroker

    /** An account with five ACME, at 100. */
    beforeEach(async () => {
      const opened = await VENUES[kind]()
      venue = opened
      broker = opened.open()
      venue.server.venue.price('ACME', 100)
      venue.server.venue.hand({ instrument: 'ACME', quantity: 5 })
    })
    afterEach(async () => {
      await broker.close()
      venue.close()
    })

    const state = () => broker.orderByClientId(ID, signal, ACME)
    const sold = (): number =>
      venue.server.venue.book.fills.reduce((sum, { quantity }) => sum + quantity, 0)
    const listed = async (): Promise<readonly (string | null)[]> =>
      (await broker.openOrders(signal)).map(({ clientOrderId }) => clientOrderId)

    it('may rest where the answer to it is lost, and is found by its id', async () => {
      venue.harm('stop', { kind: 'reset', when: 'after' })
      expect(await failure(broker.placeStop!(aStop(80), signal))).to.be.instanceOf(OutcomeUnknown)
      expect(await state()).to.have.property('kind', 'working')
    })

    it('is refused where its trigger is met already', async () => {
      const answer = await broker.placeStop!(aStop(101), signal)
      expect(answer).to.deep.include({ kind: 'rejected', code: 'would-trigger' })
      expect(await state()).to.have.property('kind', 'absent')
      expect(sold()).to.equal(0)
    })

    it('is in the list of working orders until a price meets its trigger, and is that order then', async () => {
      expect(await broker.placeStop!(aStop(80), signal)).to.have.property('kind', 'acknowledged')
      const [row] = await broker.openOrders(signal)
      expect(row).to.deep.equal({ clientOrderId: ID, instrument: ACME, remaining: -5 })
      expect(await state()).to.deep.include({ kind: 'working' })
      venue.server.venue.price('ACME', 79)
      expect(await state()).to.deep.equal({
        kind: 'filled',
        executed: { quantity: 5, price: 79 },
      })
      expect(await listed()).to.deep.equal([])
    })

    it('ends by a cancel, which says so, and by one that comes too late as well', async () => {
      await broker.placeStop!(aStop(80), signal)
      venue.harm('cancel', { kind: 'ignore' })
      expect(await broker.cancel(ID, signal, ACME)).to.have.property('kind', 'working')
      expect(await broker.cancel(ID, signal, ACME)).to.have.property('kind', 'ended')
      expect(await broker.cancel(ID, signal, ACME)).to.have.property('kind', 'ended')
      venue.server.venue.price('ACME', 79)
      expect([sold(), await listed()]).to.deep.equal([0, []])
    })

    it('ends by a cancel after its trigger was met and a part of it was filled', async () => {
      venue.harm('stop', { kind: 'fill', plan: { share: 0.4 } })
      await broker.placeStop!(aStop(80), signal)
      venue.server.venue.price('ACME', 79)
      expect(await state()).to.deep.include({
        kind: 'working',
        executed: { quantity: 2, price: 79 },
      })
      const ended = await broker.cancel(ID, signal, ACME)
      expect(ended).to.deep.include({ kind: 'ended', executed: { quantity: 2, price: 79 } })
      expect([sold(), venue.server.venue.openOrders()]).to.deep.equal([2, []])
    })

    it('sells together with an exit no more than is held', async () => {
      await broker.placeStop!(aStop(80), signal)
      await broker.placeExit(anOrder({ quantity: 3 }), signal)
      venue.server.venue.price('ACME', 79)
      expect(sold()).to.equal(5)
      expect(await state()).to.deep.include({ kind: 'ended', executed: { quantity: 2, price: 79 } })
    })

    if (kind === 'binance') {
      it('cannot be given another trigger there: the venue changes none', () => {
        expect(broker.amendStop).to.equal(undefined)
        expect(broker.capabilities.restingStop).to.deep.include({ amend: false, reserves: false })
      })
    } else {
      it('has another trigger only where the venue shows it', async () => {
        await broker.placeStop!(aStop(80), signal)
        venue.harm('amend', { kind: 'ignore' })
        expect(await broker.amendStop!(aStop(85), signal)).to.deep.equal({ kind: 'unknown' })
        expect(await broker.amendStop!(aStop(85), signal)).to.have.property('kind', 'working')
        venue.server.venue.price('ACME', 84)
        expect(sold()).to.equal(5)
        expect(await broker.amendStop!(aStop(90), signal)).to.have.property('kind', 'filled')
      })
    }

    it('proves nothing by an answer that is damaged, or about another stop', async () => {
      await broker.placeStop!(aStop(80), signal)
      for (const text of ['', '{}', '[]', 'null', '<html>', '{"code":200}', '{"retCode":0}']) {
        venue.harm('order', { kind: 'raw', text })
        expect(await failure(state()), text).to.be.instanceOf(OutcomeUnknown)
        venue.harm('stop', { kind: 'raw', text })
        const again = aStop(80, { clientOrderId: `${ID}9` as ClientOrderId })
        expect(await failure(broker.placeStop!(again, signal)), text).to.be.instanceOf(
          OutcomeUnknown,
        )
      }
    })

    // Stops have a list of their own there: both answers are damaged.
    if (kind !== 'bybit')
      it('leaves the list of working orders unknown where that of stops is damaged', async () => {
        await broker.placeStop!(aStop(80), signal)
        for (const text of ['', '{}', 'null', '<html>', '[{}]']) {
          venue.harm('open-orders', { kind: 'raw', text }, { times: 2 })
          expect(await failure(broker.openOrders(signal)), text).to.be.instanceOf(OutcomeUnknown)
          await broker.openOrders(signal).catch(() => undefined)
        }
        expect(await listed()).to.deep.equal([ID])
      })

    it('closes a short by a rise', async () => {
      venue.server.venue.hand({ instrument: 'ACME', quantity: -12 })
      expect(await broker.placeStop!(aStop(120, { side: 'short' }), signal)).to.have.property(
        'kind',
        'acknowledged',
      )
      venue.server.venue.price('ACME', 121)
      expect(await state()).to.have.property('kind', 'filled')
    })
  })
}

describe('recorded answers about resting stops', () => {
  const read = {
    'binance-usdm': (body: unknown, row: Expected): string => {
      const named = { clientOrderId: row['clientOrderId'], instrument: row['instrument'] } as Asked
      const found = binanceStops.stopOf(body, named)
      const number = binanceStops.orderNumberOf(found)
      // What it has become is another query.
      return number === undefined ? binanceStops.restingStateOf(found).kind : 'unknown'
    },
    okx: (body: unknown, row: Expected): string => {
      const { data } = body as { data: readonly unknown[] }
      const named = { clientOrderId: row['clientOrderId'] ?? '', instrument: row['instrument'] }
      return okxStops.restingStateOf(okxStops.stopOf(data, named as Asked)).kind
    },
  } as const
  const PATHS = { 'binance-usdm': '/fapi/v1/algoOrder', okx: '/api/v5/trade/order-algo' } as const

  for (const venue of ['binance-usdm', 'okx'] as const) {
    const records = recordsOf(venue)
    if (records === undefined) {
      it(`of ${venue} (no recorded answers: folder of venues not found)`)
      continue
    }
    it(`of ${venue} claim no more than they prove`, () => {
      const all = records('stopOrder').filter(
        ({ request }) => request?.method === 'GET' && request.path === PATHS[venue],
      )
      for (const record of all) {
        const [row = record.expect!] = record.expect!.rows ?? []
        const body: unknown = JSON.parse(record.body!)
        const { verdict = record.verdict } = row as { readonly verdict?: string }
        assertClaim(
          { id: record.id, verdict },
          claimOf(() => read[venue](body, row)),
        )
      }
      expect(all).to.have.length.at.least(1)
    })
  }
})

describe('requests for resting stops', () => {
  const stop = (by: 'last' | 'mark', but: Partial<StopOrder> = {}): StopOrder => ({
    ...goldenExit({ clientOrderId: ID }),
    trigger: { price: 59_000.5, by },
    ...but,
  })
  const mode = 'one-way'
  const okxStop = stop('mark', { instrument: instrumentId('BTC-USDT-SWAP') })
  const asked = { clientOrderId: ID, instrument: instrumentId('BTCUSDT') }
  const short = { side: 'short', trigger: { price: 61_000.5, by: 'last' } } as const
  const amended = stop('last', { trigger: { price: 59_100, by: 'last' } })
  const okxAmended = { ...okxStop, trigger: { price: 59_100, by: 'mark' } } as const
  const writeAtBinance = binance.writer(5_000)
  const writeAtBybit = bybit.writer(5_000)
  const writeAtOkx = okx.writer({ recvWindowMs: 5_000, isSimulated: false })

  /** Each request as it is sent, and the fields that differ from those of the other library. */
  const CALLS: Readonly<Record<string, { ask: Ask; ours?: object; theirs?: readonly string[] }>> = {
    'binance stop': { ask: writeAtBinance(binanceStops.stopRequest(stop('mark'), mode), STAMP) },
    'binance stop-look-up': { ask: writeAtBinance(binanceStops.lookupRequest(asked), STAMP) },
    'binance stop-cancel': { ask: writeAtBinance(binanceStops.cancelRequest(asked), STAMP) },
    'binance look-up-by-number': {
      ask: writeAtBinance(binance.lookupByNumber('974828356187', instrumentId('BTCUSDT')), STAMP),
    },
    'binance listen-key': { ask: writeAtBinance(binance.listenKeyRequest('POST'), STAMP) },
    'binance listen-key-renewal': { ask: writeAtBinance(binance.listenKeyRequest('PUT'), STAMP) },
    'bybit stop': { ask: writeAtBybit(bybit.stopRequest(stop('mark'), mode), STAMP) },
    'bybit stop-short': { ask: writeAtBybit(bybit.stopRequest(stop('last', short), mode), STAMP) },
    'bybit amend': { ask: writeAtBybit(bybit.amendRequest(amended), STAMP) },
    'okx stop': {
      ask: writeAtOkx(okxStops.stopRequest(okxStop, { mode, margin: 'cross' }), STAMP),
      // The other library sends the id of an order in place of that of a stop.
      ours: { algoClOrdId: ID },
      theirs: ['clOrdId'],
    },
    'okx stop-look-up': { ask: writeAtOkx(okxStops.lookupRequest(asked), STAMP) },
    'okx stop-amend': {
      ask: writeAtOkx(okxStops.amendRequest(okxAmended), STAMP),
      ours: { newSlTriggerPxType: 'mark' },
    },
  }

  for (const [name, { ask, ours = {}, theirs = [] }] of Object.entries(CALLS)) {
    it(`equal those of another library, field by field: ${name}`, () => {
      const [venue, call] = name.split(' ') as [string, string]
      const { signature: _own, ...fields } = partsOf(ask).fields
      const given = goldenParts(golden(venue, call))
      const { signature: _other, ...expected } = given.fields
      const shared = Object.entries(expected).filter(([field]) => !theirs.includes(field))
      expect(fields).to.deep.equal({ ...Object.fromEntries(shared), ...ours })
      const { method, path } = partsOf(ask)
      expect([method, path]).to.deep.equal([given.method, given.path])
    })
  }

  it('say in hedge mode which side they close, and are not reduce-only there', () => {
    const { params } = binanceStops.stopRequest(stop('mark', { side: 'short' }), 'hedge')
    expect(params).to.include({ side: 'BUY', positionSide: 'SHORT' })
    expect(params).to.not.have.property('reduceOnly')
    const closing = { mode: 'hedge', margin: 'isolated' } as const
    const { body } = okxStops.stopRequest(okxStop, closing)
    expect(body).to.include({ posSide: 'long', tdMode: 'isolated' })
    expect(bybit.stopRequest(stop('mark'), 'hedge').body).to.include({ positionIdx: 1 })
  })
})
