import { expect } from 'chai'
import type { BybitBroker } from '../../../../src/brokers/venue/bybit/broker.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import type { LimitUse } from '../../../../src/domain/venue.ts'
import { NotSent, RateLimited, Unauthorized } from '../../../../src/errors.ts'
import { brokerContract } from '../../../contracts/broker-contract.ts'
import { anOrder, failure } from '../../../support/http-broker.ts'
import { atBybit, capabilitiesAt, type AtBybit } from '../../../support/venues/at-bybit.ts'
import { contracted } from '../../../support/venues/at-venue.ts'
import type { BybitEmulation } from '../../../support/venues/bybit.ts'

const ACME = instrumentId('ACME')
const { signal } = new AbortController()

describe('BybitBroker', () => {
  for (const mode of ['one-way', 'hedge'] as const) {
    describe(`at an account in ${mode} mode`, () => {
      brokerContract({
        capabilities: capabilitiesAt(mode),
        open: async () => {
          const venue = await atBybit({ mode })
          return contracted(venue, venue.open())
        },
      })
    })
  }

  describe('at a venue that keeps to its rules', () => {
    let venue: AtBybit
    let broker: BybitBroker

    /** An account with five ACME at 90. */
    const open = async (
      emulation: BybitEmulation = {},
      but: Readonly<Record<string, unknown>> = {},
    ): Promise<void> => {
      venue = await atBybit(emulation)
      broker = venue.open(but)
      venue.server.venue.price('ACME', 90)
      venue.server.venue.hand({ instrument: 'ACME', quantity: 5 })
    }
    afterEach(async () => {
      await broker.close()
      venue.close()
    })

    const { clientOrderId } = anOrder()
    const stateOf = () => broker.orderByClientId(clientOrderId, signal, ACME)
    const fills = () => venue.server.venue.book.fills

    it('is refused with a wrong secret, and has done nothing', async () => {
      await open({}, { secret: 'wrong' })
      expect(await failure(broker.placeExit(anOrder(), signal))).to.be.instanceOf(Unauthorized)
      expect(fills()).to.deep.equal([])
    })

    it('signs by the clock of the venue, which refuses timestamps in the future', async () => {
      await open({ aheadMs: -30_000 })
      expect(await broker.placeExit(anOrder(), signal)).to.deep.equal({ kind: 'acknowledged' })
      venue.emulator.emulation = { ...venue.emulator.emulation, aheadMs: -90_000 }
      const again = anOrder({ clientOrderId: 'wk2' as typeof clientOrderId })
      expect(await failure(broker.placeExit(again, signal))).to.be.instanceOf(NotSent)
      expect(fills()).to.have.length(1)
    })

    it('lists holdings to the last page', async () => {
      await open({ pageSize: 20 })
      for (let each = 0; each < 44; each++)
        venue.server.venue.hand({ instrument: `COIN${each}`, quantity: each + 1 })
      const list = await broker.holdings(signal)
      expect(list).to.have.length(45)
      expect(new Set(list.map(({ instrument }) => instrument))).to.have.property('size', 45)
    })

    it('finds an order that is over in the history, also after the venue restarted', async () => {
      await open({ forgetsClosed: true })
      await broker.placeExit(anOrder(), signal)
      expect(await stateOf()).to.deep.include({ kind: 'filled' })
    })

    it('reports the late rejection of an acknowledged order as a rejection, with its reason', async () => {
      await open()
      venue.harm('place', { kind: 'reject', code: 'late' })
      expect(await broker.placeExit(anOrder(), signal)).to.deep.equal({ kind: 'acknowledged' })
      expect(await stateOf()).to.deep.equal({
        kind: 'rejected',
        code: 'refused',
        text: 'EC_Others',
      })
    })

    it('is banned for ten minutes at least by a 403', async () => {
      await open()
      const text = '403, access too frequent'
      venue.harm('place', { kind: 'status', when: 'before', status: 403, text })
      const error = await failure(broker.placeExit(anOrder(), signal))
      expect(error)
        .to.be.instanceOf(RateLimited)
        .and.include({ isBan: true, retryAfterMs: 600_000 })
    })

    it('waits until the end of the second where the venue counts too many calls', async () => {
      await open({ perSecond: 1 })
      const uses: LimitUse[] = []
      broker.onLimitUse(use => void uses.push(use))
      await broker.positionMode(signal)
      const error = await failure(broker.positionMode(signal))
      expect(error).to.be.instanceOf(RateLimited)
      expect((error as RateLimited).retryAfterMs).to.be.within(0, 1_000)
      expect(uses[0]).to.include({ share: 1 })
    })

    it('reports the mode, instruments and permissions', async () => {
      await open({
        mode: 'hedge',
        rights: { ContractTrade: ['Order'], Wallet: ['Withdraw'] },
        ips: ['*'],
      })
      expect(await broker.positionMode(signal)).to.equal('hedge')
      expect(await broker.permissions(signal)).to.deep.equal({
        trade: true,
        withdraw: true,
        isAddressBound: false,
        isSubAccount: false,
        expiresAt: undefined,
      })
      const [acme] = await broker.instruments(signal)
      expect(acme).to.include({ instrument: 'ACME', isTrading: true, lot: 0.001, currency: 'USDT' })
    })
  })
})
