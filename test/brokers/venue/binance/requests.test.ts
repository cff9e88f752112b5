import { expect } from 'chai'
import * as requests from '../../../../src/brokers/venue/binance/requests.ts'
import type { VenueRequest } from '../../../../src/brokers/venue/line.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import {
  golden,
  GOLDEN_ID,
  goldenExit,
  goldenParts,
  partsOf,
  STAMP,
} from '../../../support/venues/golden.ts'

const BTC = instrumentId('BTCUSDT')
const write = requests.writer(5_000)

const CALLS: Readonly<Record<string, VenueRequest>> = {
  'market-sell': requests.orderRequest(goldenExit(), 'one-way'),
  'limit-buy': requests.orderRequest(goldenExit({ side: 'short', limit: 61_837.5 }), 'one-way'),
  'market-sell-hedge': requests.orderRequest(goldenExit(), 'hedge'),
  'check-order': requests.checkRequest(requests.orderRequest(goldenExit(), 'one-way')),
  'look-up': requests.lookupRequest(GOLDEN_ID, BTC),
  cancel: requests.cancelRequest(GOLDEN_ID, BTC),
  holding: requests.holdingRequest({ instrument: BTC }),
  holdings: requests.holdingsRequest,
  'open-orders': requests.openOrdersRequest,
  mode: requests.modeRequest,
  permissions: requests.permissionsRequest,
}

/** The text that a request signs, and its signature. */
function signed(text: string): readonly [string, string] {
  const [payload = '', signature = ''] = text.split('&signature=')
  return [payload, signature]
}

describe('requests of Binance', () => {
  for (const [call, request] of Object.entries(CALLS)) {
    it(`equal those of another library, field by field: ${call}`, () => {
      const ours = partsOf(write(request, STAMP))
      const theirs = goldenParts(golden('binance', call))
      const { signature: _ours, ...fields } = ours.fields
      const { signature: _theirs, ...expected } = theirs.fields
      expect(fields).to.deep.equal(expected)
      expect(ours.headers).to.deep.equal(theirs.headers)
      expect([ours.method, ours.path]).to.deep.equal([theirs.method, theirs.path])
    })

    it(`are signed as those of another library: ${call}`, () => {
      const { url, body } = golden('binance', call)
      const [payload, expected] = signed(body ?? new URL(url).search.slice(1))
      expect(requests.signature(payload, STAMP.key.secret)).to.equal(expected)
      const { path, text } = write(request, STAMP)
      const [ownPayload, own] = signed(text ?? path.split('?')[1]!)
      expect(own).to.equal(requests.signature(ownPayload, STAMP.key.secret))
    })
  }

  it('sign the example of the documentation as it does', () => {
    const payload =
      'symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943'
    const secret = '2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9'
    expect(requests.signature(payload, secret)).to.equal(
      '3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9',
    )
  })

  it('never send reduceOnly in hedge mode, where the venue refuses it', () => {
    const { params } = requests.orderRequest(goldenExit({ side: 'short' }), 'hedge')
    expect(params).to.include({ side: 'BUY', positionSide: 'SHORT' })
    expect(params).to.not.have.property('reduceOnly')
  })

  it('write quantities without an exponent', () => {
    const { params } = requests.orderRequest(goldenExit({ quantity: 1e-7 }), 'one-way')
    expect(params).to.have.property('quantity', '0.0000001')
  })

  it('carry no key where the data is public', () => {
    const [last, best] = requests.quoteRequests([BTC])
    for (const request of [last, best, requests.timeRequest, requests.instrumentsRequest])
      expect(write(request, undefined).headers).to.deep.equal({})
  })

  it('request the prices of all instruments at once where more than one is wanted', () => {
    const [last] = requests.quoteRequests([BTC, instrumentId('ETHUSDT')])
    expect(last).to.have.deep.property('params', {})
    expect(requests.quoteRequests([BTC])[0]).to.have.deep.property('params', { symbol: 'BTCUSDT' })
  })
})
