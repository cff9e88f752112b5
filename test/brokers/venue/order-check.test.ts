import { expect } from 'chai'
import type { VenueBroker } from '../../../src/brokers/venue/account.ts'
import { instrumentId, positionId } from '../../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../src/domain/order.ts'
import { atBinance } from '../../support/venues/at-binance.ts'
import { atBybit } from '../../support/venues/at-bybit.ts'
import { atOkx } from '../../support/venues/at-okx.ts'
import type { EmulatedVenue } from '../../support/venues/at-venue.ts'

const VENUES = {
  binance: { at: atBinance, name: 'BTCUSDT', path: '/fapi/v1/order/test' },
  bybit: { at: atBybit, name: 'BTCUSDT', path: '/v5/order/pre-check' },
  okx: { at: atOkx, name: 'BTC-USDT-SWAP', path: '/api/v5/trade/order-precheck' },
} as const

const signal = (): AbortSignal => AbortSignal.timeout(5_000)

for (const [kind, { at, name, path }] of Object.entries(VENUES)) {
  describe(`an order that ${kind} checks`, () => {
    let venue: EmulatedVenue
    let broker: VenueBroker
    const order = (but: Partial<ExitOrder> = {}): ExitOrder => ({
      clientOrderId: 'wk0123' as ClientOrderId,
      positionId: positionId('p'),
      instrument: instrumentId(name),
      side: 'long',
      quantity: 1,
      priceSource: 'trade',
      reduceOnly: true,
      ...but,
    })

    beforeEach(async () => {
      const opened = await at()
      venue = opened
      broker = opened.open()
      venue.server.venue.price(name, 100)
      venue.server.venue.hand({ instrument: name, quantity: 1 })
    })
    afterEach(async () => {
      await broker.close()
      venue.close()
    })

    it('is not placed, whatever the answer', async () => {
      expect(await broker.checkOrder(order(), signal())).to.deep.equal({ kind: 'accepted' })
      const refused = await broker.checkOrder(order({ quantity: 0.00001 }), signal())
      expect(refused.kind).to.equal('refused')
      expect(venue.server.venue.book.orders).to.deep.equal([])
    })

    it('is neither accepted nor refused by an answer that proves nothing', async () => {
      const answers = ['<html></html>', '', 'null', ...(kind === 'binance' ? [] : ['{}'])]
      for (const text of answers) {
        venue.harm('account', { kind: 'raw', text })
        const { kind: found } = await broker.checkOrder(order(), signal())
        expect(found, text).to.equal('unknown')
      }
      venue.harm('account', { kind: 'reset', when: 'before' })
      const away = await broker.checkOrder(order(), signal())
      expect(away).to.include({ kind: 'unknown' }).and.to.have.property('text')
      expect(JSON.stringify(away)).to.include(path)
    })
  })
}

describe('an order that OKX does not check', () => {
  it('is of an account in a mode without checks: nothing is known of it', async () => {
    const venue = await atOkx({ checksOrders: false })
    const broker = venue.open()
    const order = { clientOrderId: 'wk01' as ClientOrderId, positionId: positionId('p') }
    const rest = { side: 'long', quantity: 1, priceSource: 'trade', reduceOnly: true } as const
    const instrument = instrumentId('BTC-USDT-SWAP')
    const checked = await broker.checkOrder({ ...order, ...rest, instrument }, signal())
    await broker.close()
    venue.close()
    expect(checked.kind).to.equal('unknown')
    expect(JSON.stringify(checked)).to.include('51010')
  })

  it('is known by the code of the answer, not by a text that names that code', async () => {
    const venue = await atOkx()
    const broker = venue.open()
    const text = JSON.stringify({ code: '51000', msg: 'see 51010 too', data: [] })
    venue.harm('account', { kind: 'raw', text })
    const order = { clientOrderId: 'wk01' as ClientOrderId, positionId: positionId('p') }
    const rest = { side: 'long', quantity: 1, priceSource: 'trade', reduceOnly: true } as const
    const instrument = instrumentId('BTC-USDT-SWAP')
    const checked = await broker.checkOrder({ ...order, ...rest, instrument }, signal())
    await broker.close()
    venue.close()
    expect(checked.kind).to.equal('refused')
  })
})
