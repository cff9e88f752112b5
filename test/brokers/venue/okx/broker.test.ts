import { expect } from 'chai'
import type { OkxBroker } from '../../../../src/brokers/venue/okx/broker.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import type { ClientOrderId } from '../../../../src/domain/order.ts'
import { NotSent, OutcomeUnknown, Unauthorized } from '../../../../src/errors.ts'
import { brokerContract } from '../../../contracts/broker-contract.ts'
import { anOrder, failure } from '../../../support/http-broker.ts'
import { atOkx, capabilitiesAt, type AtOkx } from '../../../support/venues/at-okx.ts'
import { contracted } from '../../../support/venues/at-venue.ts'
import type { OkxEmulation } from '../../../support/venues/okx.ts'

const ACME = instrumentId('ACME')
const { signal } = new AbortController()

describe('OkxBroker', () => {
  for (const mode of ['one-way', 'hedge'] as const) {
    describe(`at an account in ${mode} mode`, () => {
      brokerContract({
        capabilities: capabilitiesAt(mode),
        open: async () => {
          const venue = await atOkx({ mode })
          return contracted(venue, venue.open())
        },
      })
    })
  }

  describe('at a venue that keeps to its rules', () => {
    let venue: AtOkx
    let broker: OkxBroker

    /** An account with five ACME at 90. */
    const open = async (
      emulation: OkxEmulation = {},
      but: Readonly<Record<string, unknown>> = {},
    ): Promise<void> => {
      venue = await atOkx(emulation)
      broker = venue.open(but)
      venue.server.venue.price('ACME', 90)
      venue.server.venue.hand({ instrument: 'ACME', quantity: 5 })
    }
    afterEach(async () => {
      await broker.close()
      venue.close()
    })

    const place = () => broker.placeExit(anOrder(), signal)
    const fills = () => venue.server.venue.book.fills

    it('is refused with a wrong secret or passphrase, or a key of the other environment', async () => {
      for (const but of [{ secret: 'wrong' }, { passphrase: 'wrong' }, { environment: 'live' }]) {
        await open({}, but)
        expect(await failure(place())).to.be.instanceOf(Unauthorized)
        expect(fills()).to.deep.equal([])
        await broker.close()
        venue.close()
      }
      await open()
    })

    it('has sent nothing where the venue refuses its timestamp, and reads the time again', async () => {
      await open()
      await broker.holdings(signal)
      venue.emulator.emulation = { ...venue.emulator.emulation, aheadMs: 90_000 }
      expect(await failure(place())).to.be.instanceOf(NotSent)
      expect(await place()).to.deep.equal({ kind: 'acknowledged' })
    })

    it('is refused by the venue where an order arrives after its deadline', async () => {
      await open({}, { recvWindowMs: 1_000 })
      await broker.holdings(signal)
      venue.harm('place', { kind: 'delay', when: 'before', ms: 1_500 })
      expect(await failure(place())).to.be.instanceOf(NotSent)
      expect(fills()).to.deep.equal([])
    })

    it('treats an order that timed out at the venue as unknown, filled or not', async () => {
      const body = { code: '51149', msg: 'Order timed out. Please try again.', data: [] }
      for (const when of ['before', 'after'] as const) {
        await open()
        venue.harm('place', { kind: 'status', when, status: 500, body })
        expect(await failure(place()), when).to.be.instanceOf(OutcomeUnknown)
        const state = await broker.orderByClientId(anOrder().clientOrderId, signal, ACME)
        expect(state.kind).to.equal(when === 'after' ? 'filled' : 'absent')
        await broker.close()
        venue.close()
      }
      await open()
    })

    it('closes an isolated holding with its own margin mode', async () => {
      await open({ margin: 'isolated' })
      await broker.holding({ instrument: ACME }, signal)
      expect(await place()).to.deep.equal({ kind: 'acknowledged' })
      expect(fills()).to.have.length(1)
    })

    it('treats a missing row as no proof', async () => {
      await open({ showsFlat: false })
      const report = await broker.holding({ instrument: instrumentId('NEVER-HELD') }, signal)
      expect(report).to.deep.equal({ kind: 'unknown' })
    })

    it('lists working orders to the last page', async () => {
      await open()
      venue.server.venue.settings = { ...venue.server.venue.settings, fills: { share: 0 } }
      for (let each = 0; each < 205; each++) {
        venue.server.venue.handOrder({
          clientOrderId: `other${each}`,
          instrument: 'ACME',
          side: 'long',
          quantity: 1,
        })
      }
      expect(await broker.openOrders(signal)).to.have.length(205)
    })

    it('treats a used id as a duplicate', async () => {
      await open()
      venue.server.venue.settings = { ...venue.server.venue.settings, fills: { share: 0 } }
      await place()
      expect(await place()).to.deep.equal({ kind: 'duplicate' })
    })

    it('reports the mode, permissions and instruments, whose unit is a contract', async () => {
      await open({ mode: 'hedge', perm: 'read_only,withdraw,trade', ip: '' })
      expect(await broker.positionMode(signal)).to.equal('hedge')
      expect(await broker.permissions(signal)).to.deep.equal({
        trade: true,
        withdraw: true,
        isAddressBound: false,
        isSubAccount: false,
        expiresAt: undefined,
      })
      const [acme] = await broker.instruments(signal)
      expect(acme).to.include({ instrument: 'ACME', isTrading: true, multiplier: 0.01 })
    })

    it('answers nothing about an order whose instrument it does not know', async () => {
      await open()
      const id = 'wk1' as ClientOrderId
      expect(await broker.orderByClientId(id, signal)).to.deep.equal({ kind: 'unknown' })
      expect(await failure(broker.cancel(id, signal))).to.be.instanceOf(NotSent)
    })
  })
})
