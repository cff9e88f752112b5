import { expect } from 'chai'
import { noticesOf } from '../../src/nets/noticing.ts'
import type { NetRecord } from '../../src/nets/record.ts'
import { aNetBook } from '../support/a-net-book.ts'

describe('the notices of a net', () => {
  let before: NetRecord
  const kinds = (after: Partial<NetRecord>, rejections = 0) =>
    noticesOf(before, { ...before, ...after }, rejections).map(({ kind }) => kind)

  beforeEach(() => {
    before = aNetBook().rest().record
  })

  it('are none for a change that a person need not know', () => {
    expect(kinds({ state: { kind: 'unknown', since: 0 } })).to.deep.equal([])
    expect(kinds({ armed: { ...before.armed! } })).to.deep.equal([])
    expect(kinds({ state: { kind: 'over', by: 'dropped', at: 0 } })).to.deep.equal([])
  })

  it('are one when it rests first, and one for each trigger that the venue takes', () => {
    const [moved] = noticesOf(before, { ...before, armed: { price: 89, by: 'last' } }, 0)
    expect(moved).to.include({ kind: 'net-moved', trigger: 89, quantity: 4 })
    const armed = before.armed
    before = { ...before, armed: null }
    expect(kinds({ armed })).to.deep.equal(['net-resting'])
  })

  it('are one for the first fill, whatever follows, and none for the end after it', () => {
    const executed = { quantity: 1, price: 88 }
    expect(kinds({ executed })).to.deep.equal(['net-filled'])
    before = { ...before, executed }
    const state = { kind: 'over', by: 'filled', at: 0 } as const
    expect(kinds({ executed: { quantity: 4, price: 88 }, state })).to.deep.equal([])
  })

  it('are one for an end without a fill, with the code and the count of a rejection', () => {
    expect(kinds({ state: { kind: 'over', by: 'ended', at: 0 } })).to.deep.equal(['net-over'])
    const state = { kind: 'over', by: 'rejected', at: 0, code: 'market-closed' } as const
    const [rejected] = noticesOf(before, { ...before, state }, 3)
    expect(rejected).to.include({ kind: 'net-rejected', code: 'market-closed', rejections: 3 })
    before = { ...before, state }
    expect(kinds({ faults: 1 }), 'it was over before').to.deep.equal([])
  })
})
