import { expect } from 'chai'
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
