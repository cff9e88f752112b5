import { expect } from 'chai'
import { LimitUses } from '../../src/calls/limit-uses.ts'

const use = (share: number, ...groups: ('orders' | 'account')[]) => ({ groups, share })

describe('the use of limits that a venue reports', () => {
  it('leaves out a share that is no number', () => {
    const uses = new LimitUses()
    for (const share of [NaN, -1, Infinity]) uses.note(use(share, 'orders'), 0)
    expect(uses.of('orders', 0)).to.equal(undefined)
  })

  it('is the largest report of the last minute, for each group that it is about', () => {
    const uses = new LimitUses()
    uses.note(use(0.8, 'orders', 'account'), 0)
    uses.note(use(0.2, 'orders'), 29_000)
    expect([uses.of('orders', 29_000), uses.of('account', 29_000)]).to.deep.equal([0.8, 0.8])
    uses.note(use(0.3, 'orders'), 31_000)
    expect(uses.of('orders', 59_999)).to.equal(0.8)
    expect([uses.of('orders', 60_000), uses.of('account', 60_000)]).to.deep.equal([0.3, 0])
    expect(uses.of('orders', 90_000)).to.equal(0)
  })
})
