import { expect } from 'chai'
import { FailedTokens } from '../../../src/http/access/failed-tokens.ts'

describe('The count of wrong tokens', () => {
  let now: number
  let failed: FailedTokens

  beforeEach(() => {
    now = 0
    failed = new FailedTokens({ max: 2, withinMs: 1_000, monotonic: () => now })
  })

  it('begins anew once its window is over', () => {
    failed.add('192.0.2.1')
    expect(failed.refusedForMs('192.0.2.1')).to.equal(0)
    now = 400
    failed.add('192.0.2.1')
    expect(failed.refusedForMs('192.0.2.1')).to.equal(600)
    now = 1_000
    expect(failed.refusedForMs('192.0.2.1')).to.equal(0)
    failed.add('192.0.2.1')
    expect(failed.refusedForMs('192.0.2.1')).to.equal(0)
  })

  it('counts a /64 of IPv6 as one address', () => {
    failed.add('2001:db8:1:2::1')
    failed.add('2001:db8:1:2:3:4:5:6')
    expect(failed.refusedForMs('2001:db8:1:2::99')).to.equal(1_000)
    expect(failed.refusedForMs('2001:db8:1:3::1')).to.equal(0)
  })

  it('keeps a bounded number of addresses', () => {
    failed.add('first')
    failed.add('first')
    for (let each = 0; each < 10_000; each++) failed.add(`other ${each}`)
    expect(failed.refusedForMs('first')).to.equal(0)
  })
})
