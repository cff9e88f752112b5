import { expect } from 'chai'
import type { VenueRequest } from '../../../../src/brokers/venue/line.ts'
import * as requests from '../../../../src/brokers/venue/okx/requests.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import {
  golden,
  GOLDEN_ID,
  goldenExit,
  goldenParts,
  partsOf,
  STAMP,
} from '../../../support/venues/golden.ts'

const BTC = instrumentId('BTC-USDT-SWAP')
const CROSS = { mode: 'one-way', margin: 'cross' } as const
const anExit = (but: Parameters<typeof goldenExit>[0] = {}) =>
  goldenExit({ instrument: BTC, quantity: 5, ...but })
const write = requests.writer({ recvWindowMs: 5_000, isSimulated: false })

const CALLS: Readonly<Record<string, VenueRequest>> = {
  'market-sell': requests.orderRequest(anExit(), CROSS),
  'limit-buy': requests.orderRequest(anExit({ side: 'short', limit: 61_837.5 }), CROSS),
  'check-order': requests.checkRequest(requests.orderRequest(anExit(), CROSS)),
  'look-up': requests.lookupRequest(GOLDEN_ID, BTC),
  cancel: requests.cancelRequest(GOLDEN_ID, BTC),
  holding: requests.holdingRequest(BTC),
  holdings: requests.holdingsRequest,
  config: requests.configRequest,
}

/** The order of the fields differs there, and with it the signature. */
const REORDERED = ['market-sell', 'limit-buy', 'check-order']

describe('requests of OKX', () => {
  for (const [call, request] of Object.entries(CALLS)) {
    it(`equal those of another library, field by field: ${call}`, () => {
      const { headers, ...ours } = partsOf(write(request, STAMP))
      const { headers: expected, ...theirs } = goldenParts(golden('okx', call))
      expect(ours).to.deep.equal(theirs)
      // This adapter adds the deadline of an order.
      const { exptime, ...others } = headers
      expect(exptime).to.equal(request.isOrder === true ? '1700000005000' : undefined)
      if (REORDERED.includes(call)) expect(others).to.have.all.keys(Object.keys(expected))
      else expect(others).to.deep.equal(expected)
    })
  }

  it('are signed as those of another library, over the bytes that are sent', () => {
    for (const call of REORDERED) {
      const { body, headers } = golden('okx', call)
      const order = { ...CALLS[call]!, body: JSON.parse(body!) as Record<string, unknown> }
      expect(write(order, STAMP).text).to.equal(body)
      expect(write(order, STAMP).headers).to.include(headers)
    }
  })

  it('carry the demo header for a demo account, public ones too', () => {
    const demo = requests.writer({ recvWindowMs: 5_000, isSimulated: true })
    for (const stamp of [STAMP, undefined])
      expect(demo(requests.timeRequest, stamp).headers).to.include({ 'x-simulated-trading': '1' })
    expect(write(requests.timeRequest, STAMP).headers).to.not.have.property('x-simulated-trading')
  })

  it('name the side of a position in long/short mode, in place of reduceOnly', () => {
    const hedge = { mode: 'hedge', margin: 'isolated' } as const
    const { body } = requests.orderRequest(anExit({ side: 'short' }), hedge)
    expect(body).to.include({ side: 'buy', posSide: 'short', tdMode: 'isolated' })
    expect(body).to.not.have.property('reduceOnly')
  })

  it('ask for the prices of the products that are wanted', () => {
    const dated = instrumentId('BTC-USDT-261225')
    const typesOf = (...names: (typeof BTC)[]) =>
      requests.quotesRequests(names).map(({ params }) => params)
    expect(typesOf(BTC)).to.deep.equal([{ instId: BTC }])
    expect(typesOf(BTC, BTC)).to.deep.equal([{ instType: 'SWAP' }])
    expect(typesOf(dated, BTC)).to.deep.equal([{ instType: 'SWAP' }, { instType: 'FUTURES' }])
  })
})
