import { expect } from 'chai'
import type { BinanceBroker } from '../../../../src/brokers/venue/binance/broker.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../../src/domain/order.ts'
import { NotSent, RateLimited, Unauthorized } from '../../../../src/errors.ts'
import { brokerContract } from '../../../contracts/broker-contract.ts'
import { anOrder, failure } from '../../../support/http-broker.ts'
import { atBinance, capabilitiesAt, type AtBinance } from '../../../support/venues/at-binance.ts'
import { contracted } from '../../../support/venues/at-venue.ts'
import type { BinanceEmulation } from '../../../support/venues/binance.ts'

const ACME = instrumentId('ACME')
const { signal } = new AbortController()

describe('BinanceBroker', () => {
  for (const mode of ['one-way', 'hedge'] as const) {
    describe(`at an account in ${mode} mode`, () => {
      brokerContract({
        capabilities: capabilitiesAt(mode),
        open: async () => {
          const venue = await atBinance({ mode })
          return contracted(venue, venue.open())
        },
      })
    })
  }

  describe('at a venue that keeps to its rules', () => {
    let venue: AtBinance
    let broker: BinanceBroker

    /** An account with five ACME at 90. */
    const open = async (
      emulation: BinanceEmulation = {},
      but: Readonly<Record<string, unknown>> = {},
    ): Promise<void> => {
      venue = await atBinance(emulation)
      broker = venue.open(but)
      venue.server.venue.price('ACME', 90)
      venue.server.venue.hand({ instrument: 'ACME', quantity: 5 })
    }
    afterEach(async () => {
      await broker.close()
      venue.close()
    })

    const place = (order: Partial<ExitOrder> = {}) => broker.placeExit(anOrder(order), signal)
    const fills = () => venue.server.venue.book.fills

    it('is refused with a wrong key or secret, and has done nothing', async () => {
      for (const but of [{ key: 'wrong' }, { secret: 'wrong' }]) {
        await open({}, but)
        const error = await failure(place())
        expect(error).to.be.instanceOf(Unauthorized)
        expect(error.message).to.not.include('wrong')
        expect(fills()).to.deep.equal([])
        await broker.close()
        venue.close()
      }
      await open()
    })

    it('signs by the clock of the venue, whatever this machine’s shows', async () => {
      for (const aheadMs of [-3_600_000, -3_000, 3_000, 3_600_000]) {
        await open({ aheadMs })
        expect(await place(), String(aheadMs)).to.include({ kind: 'acknowledged' })
        await broker.close()
        venue.close()
      }
      await open()
    })

    it('has sent nothing where the venue refuses its timestamp, and reads the time again', async () => {
      await open()
      await broker.holdings(signal)
      venue.emulator.emulation = { ...venue.emulator.emulation, aheadMs: 60_000 }
      expect(await failure(place())).to.be.instanceOf(NotSent)
      expect(fills()).to.deep.equal([])
      expect(await place()).to.include({ kind: 'acknowledged' })
    })

    it('is refused by the venue where an order arrives late, and so never acts after that', async () => {
      await open({}, { recvWindowMs: 1_000 })
      await broker.holdings(signal)
      venue.harm('place', { kind: 'delay', when: 'before', ms: 1_500 })
      expect(await failure(place())).to.be.instanceOf(NotSent)
      expect(fills()).to.deep.equal([])
    })

    it('rejects a quantity that is no whole number of lots, or too small', async () => {
      await open()
      expect(await place({ quantity: 0.0015 })).to.include({ kind: 'rejected', code: 'refused' })
      expect(await place({ quantity: 1e-7 })).to.include({ kind: 'rejected', code: 'refused' })
      expect(await place({ limit: 89.999 })).to.include({ kind: 'rejected', code: 'refused' })
      expect(fills()).to.deep.equal([])
    })

    it('rejects orders in the other position mode, and proves nothing flat there', async () => {
      await open({ mode: 'hedge' }, { positionMode: 'one-way' })
      expect(await place()).to.include({ kind: 'rejected', code: 'refused' })
      expect(await broker.positionMode(signal)).to.equal('hedge')
      venue.server.venue.hand({ instrument: 'ACME', quantity: 3, side: 'long' })
      const asked = broker.holding({ instrument: ACME }, signal)
      expect(await asked.catch(() => ({ kind: 'unknown' }))).to.deep.equal({ kind: 'unknown' })
    })

    it('treats a duplicate as an order that exists', async () => {
      await open()
      venue.server.venue.settings = { ...venue.server.venue.settings, fills: { share: 0 } }
      expect(await place()).to.include({ kind: 'acknowledged' })
      expect(await place()).to.deep.equal({ kind: 'duplicate' })
    })

    it('forgets an order that filled nothing after a while, and never one that did', async () => {
      await open({ forgetsMs: -1 })
      const { clientOrderId } = anOrder()
      expect(await place()).to.include({ kind: 'acknowledged' })
      const state = await broker.orderByClientId(clientOrderId, signal, ACME)
      expect(state).to.include({ kind: 'filled' })
      venue.harm('place', { kind: 'fill', plan: { share: 0, ends: true } })
      const second = 'wk2' as ClientOrderId
      await place({ clientOrderId: second })
      await broker.cancel(second, signal, ACME).catch(() => undefined)
      expect(await broker.orderByClientId(second, signal, ACME)).to.deep.equal({ kind: 'absent' })
    })

    it('answers nothing about an order whose instrument it does not know', async () => {
      await open()
      const { clientOrderId } = anOrder()
      expect(await broker.orderByClientId(clientOrderId, signal)).to.deep.equal({ kind: 'unknown' })
      expect(await failure(broker.cancel(clientOrderId, signal))).to.be.instanceOf(NotSent)
    })

    it('delays price queries before a limit is reached, and sends exits all the same', async () => {
      await open({ weightPerMinute: 1_000_000 })
      venue.emulator.reportWeight(2_390)
      await broker.holdings(signal)
      expect(await failure(broker.quotes([ACME], signal))).to.be.instanceOf(RateLimited)
      expect(await place()).to.include({ kind: 'acknowledged' })
    })

    it('reports how long a limit and a ban last', async () => {
      await open({ weightPerMinute: 30 })
      await broker.holdings(signal)
      const limited = (await failure(broker.openOrders(signal))) as RateLimited
      expect(limited).to.be.instanceOf(RateLimited)
      expect(limited).to.include({ retryAfterMs: 1_000, isBan: false })
      const banned = (await failure(broker.openOrders(signal))) as RateLimited
      expect(banned).to.be.instanceOf(RateLimited).and.include({ isBan: true })
      expect(banned.retryAfterMs).to.be.within(110_000, 121_000)
    })

    it('reports instruments, permissions and how far the clock of the venue is ahead', async () => {
      await open({ aheadMs: 5_000, withdraws: true, isAddressBound: false }, LIVE)
      const { aheadMs, errorMs } = await broker.time(signal)
      expect(aheadMs).to.be.within(5_000 - errorMs - 1, 5_000 + errorMs + 1)
      expect(await broker.permissions(signal)).to.include({
        trade: true,
        withdraw: true,
        isAddressBound: false,
      })
      const [acme] = await broker.instruments(signal)
      expect(acme).to.include({ instrument: 'ACME', isTrading: true, lot: 0.001, tickSize: 0.01 })
    })
  })
})

const LIVE = { environment: 'live' }
