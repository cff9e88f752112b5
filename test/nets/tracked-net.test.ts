import { expect } from 'chai'
import type { TrackedNet } from '../../src/nets/tracked-net.ts'
import { aNetBook } from '../support/a-net-book.ts'

describe('TrackedNet', () => {
  let net: TrackedNet
  beforeEach(() => {
    net = aNetBook().rest()
    net.cycle()
  })

  it('makes each call once a cycle, and none that is in flight', () => {
    expect(net.begin(['ask', 'cancel'])).to.deep.equal(['ask', 'cancel'])
    expect(net.begin(['ask'])).to.deep.equal([])
    net.end('ask')
    expect(net.begin(['ask']), 'once a cycle').to.deep.equal([])
    net.cycle()
    expect(net.begin(['ask', 'cancel']), 'the cancel has no answer yet').to.deep.equal(['ask'])
  })

  it('asks for the holding and the list in each cycle: one answer serves all nets', () => {
    expect(net.begin(['ask-holding', 'list-orders'])).to.have.length(2)
    net.cycle()
    expect(net.begin(['ask-holding', 'list-orders'])).to.have.length(2)
  })

  it('may go on after a save in the same cycle', () => {
    net.begin(['save'])
    net.end('save')
    expect(net.begin(['save'])).to.deep.equal(['save'])
  })

  it('is unwanted for the strongest reason, since the first one', () => {
    net.unwant('replaced', 5)
    net.unwant('exit', 6)
    net.unwant('replaced', 7)
    expect([net.unwanted, net.unwantedSince]).to.deep.equal(['exit', 5])
  })

  it('counts no answer without content, and a second absence only late enough after the first', () => {
    const absent = { kind: 'absent' } as const
    net.answered({ order: { kind: 'unknown' }, askedAt: 900 }, 100)
    expect(net.seenAt).to.equal(-Infinity)
    net.record = { ...net.record, state: { kind: 'unknown', since: 0, absentAt: 1_000 } }
    net.answered({ order: absent, askedAt: 1_099 }, 100)
    expect([net.seenAt, net.absentAgainAt]).to.deep.equal([1_099, -Infinity])
    net.answered({ order: absent, askedAt: 1_100 }, 100)
    expect(net.absentAgainAt).to.equal(1_100)
  })

  it('protects while it rests, or while nothing is known to the contrary', () => {
    expect(net.isProtecting).to.equal(true)
    net.record = { ...net.record, state: { kind: 'unknown', since: 0 } }
    expect(net.isProtecting).to.equal(true)
    net.record = { ...net.record, exists: false }
    expect(net.isProtecting).to.equal(false)
  })
})
