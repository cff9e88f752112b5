import { expect } from 'chai'
import * as requests from '../../../../src/brokers/venue/bybit/requests.ts'
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
const [open, , history] = requests.lookupRequests(GOLDEN_ID, BTC)

const CALLS: Readonly<Record<string, VenueRequest>> = {
  'market-sell': requests.orderRequest(goldenExit(), 'one-way'),
  'limit-buy': requests.orderRequest(goldenExit({ side: 'short', limit: 61_837.5 }), 'one-way'),
  'check-order': requests.checkRequest(requests.orderRequest(goldenExit(), 'one-way')),
  'look-up': open!,
  history: history!,
  cancel: requests.cancelRequest(GOLDEN_ID, BTC),
  holding: requests.holdingRequest(BTC),
  holdings: requests.holdingsRequest('USDT'),
  permissions: requests.permissionsRequest,
}

/** Fields that this adapter adds to those of the other library. */
const ADDED: Readonly<Record<string, object>> = { 'limit-buy': { timeInForce: 'GTC' } }
/** The order of the fields differs there, and with it the signature. */
const REORDERED = ['market-sell', 'limit-buy', 'check-order']

describe('requests of Bybit', () => {
  for (const [call, request] of Object.entries(CALLS)) {
    it(`equal those of another library, field by field: ${call}`, () => {
      const { headers, ...ours } = partsOf(write(request, STAMP))
      const { headers: expected, fields, ...theirs } = goldenParts(golden('bybit', call))
      expect(ours).to.deep.equal({ ...theirs, fields: { ...fields, ...ADDED[call] } })
      if (REORDERED.includes(call)) expect(headers).to.have.all.keys(Object.keys(expected))
      else expect(headers).to.deep.equal(expected)
    })
  }

  it('are refused by the venue when they arrive later than recvWindowMs', () => {
    const recvWindowMs = 1_234
    const { headers } = requests.writer(recvWindowMs)(requests.holdingRequest(BTC), STAMP)
    expect(headers).to.include({ 'x-bapi-recv-window': '1234' })
  })

  it('are signed as those of another library, over the bytes that are sent', () => {
    for (const call of REORDERED) {
      const { body, headers } = golden('bybit', call)
      const order = { ...CALLS[call]!, body: JSON.parse(body!) as Record<string, unknown> }
      expect(write(order, STAMP).text).to.equal(body)
      expect(write(order, STAMP).headers).to.deep.equal(headers)
    }
  })

  it('name the side of a position by its index in hedge mode', () => {
    const bodyOf = (side: 'long' | 'short') =>
      requests.orderRequest(goldenExit({ side }), 'hedge').body
    expect(bodyOf('long')).to.include({ side: 'Sell', positionIdx: 1, reduceOnly: true })
    expect(bodyOf('short')).to.include({ side: 'Buy', positionIdx: 2, reduceOnly: true })
  })
})
