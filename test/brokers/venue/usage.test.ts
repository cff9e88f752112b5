import { expect } from 'chai'
import { limitsIn as ofBinance } from '../../../src/brokers/venue/binance/limits.ts'
import { limitsIn as ofBybit } from '../../../src/brokers/venue/bybit/limits.ts'
import type { LimitReader } from '../../../src/brokers/venue/client.ts'
import { Usage } from '../../../src/brokers/venue/usage.ts'
import { RateLimited } from '../../../src/errors.ts'

describe('Usage', () => {
  const MINUTE = 1_700_000_040_000

  it('reserves the last part of a limit for exits, until the minute is over', () => {
    const usage = new Usage(2_400)
    usage.note(2_279, MINUTE + 1_000)
    expect(() => usage.assertRoom(MINUTE + 2_000)).to.not.throw()
    usage.note(2_280, MINUTE + 3_000)
    expect(() => usage.assertRoom(MINUTE + 20_000))
      .to.throw(RateLimited)
      .and.include({ retryAfterMs: 40_000, isBan: false })
    expect(() => usage.assertRoom(MINUTE + 60_000)).to.not.throw()
  })

  it('ignores an answer without the header', () => {
    const usage = new Usage(100)
    usage.note(99, MINUTE)
    usage.note(NaN, MINUTE)
    expect(() => usage.assertRoom(MINUTE)).to.throw(RateLimited)
  })
})

describe('limits in the headers of a venue', () => {
  const now = 1_700_000_003_000
  const read = (limits: LimitReader, headers: Record<string, string>, path = '/v5/order/create') =>
    limits({ method: 'GET', path, isSigned: true }, { status: 200, headers, text: '' }, now)

  it('are the weight and the counts of orders of Binance, until the end of their windows', () => {
    const headers = { 'x-mbx-used-weight-1m': '1200', 'x-mbx-order-count-10s': '300' }
    expect(read(ofBinance, headers)).to.deep.equal([
      { groups: ['account', 'quotes'], share: 0.5, resetInMs: 60_000 - (now % 60_000) },
      { groups: ['orders'], share: 1, resetInMs: 7_000 },
    ])
    for (const odd of ['', '-1', '1e9', 'NaN'])
      expect(read(ofBinance, { 'x-mbx-used-weight-1m': odd })).to.deep.equal([])
  })

  it('are the calls that Bybit has left for a path', () => {
    const headers = {
      'x-bapi-limit': '10',
      'x-bapi-limit-status': '1',
      'x-bapi-limit-reset-timestamp': String(now + 400),
    }
    expect(read(ofBybit, headers)).to.deep.equal([
      { groups: ['orders'], share: 0.9, resetInMs: 400 },
    ])
    expect(read(ofBybit, headers, '/v5/position/list')[0]?.groups).to.deep.equal(['account'])
    expect(read(ofBybit, { ...headers, 'x-bapi-limit': '0' })).to.deep.equal([])
    expect(read(ofBybit, {})).to.deep.equal([])
  })
})
