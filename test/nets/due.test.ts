import { expect } from 'chai'
import { callsOf, type NetCircumstances } from '../../src/nets/due.ts'
import type { NetState } from '../../src/nets/record.ts'
import type { TrackedNet } from '../../src/nets/tracked-net.ts'
import { aNetBook } from '../support/a-net-book.ts'

const AROUND: NetCircumstances = {
  now: 10_000,
  maySend: true,
  mayCancel: true,
  visibilityMs: 100,
  canAmend: true,
  listsOrders: true,
  isLacking: false,
  isMet: false,
}

describe('the calls that a net needs', () => {
  let net: TrackedNet
  const calls = (but: Partial<NetCircumstances> = {}) => callsOf(net, { ...AROUND, ...but })
  const put = (state: NetState): void => {
    net.record = { ...net.record, state }
    net.saved = net.record
  }

  beforeEach(() => {
    net = aNetBook().rest()
    put({ kind: 'resting', since: 0 })
    net.seenAt = AROUND.now
  })

  it('are none while it rests as it should, nor after its end', () => {
    expect(calls()).to.deep.equal([])
    put({ kind: 'over', by: 'ended', at: 0 })
    net.unwant('exit', 0)
    expect(calls()).to.deep.equal([])
  })

  it('are its save first, and its order only when it is durable, due and may leave', () => {
    put({ kind: 'intending' })
    expect(calls()).to.deep.equal(['save'])
    put({ kind: 'intended', notBefore: AROUND.now })
    expect(calls()).to.deep.equal(['send'])
    expect(calls({ maySend: false })).to.deep.equal([])
    expect(calls({ now: AROUND.now - 1 })).to.deep.equal([])
  })

  it('save another trigger before the venue is asked for it, and ask for no trigger that it has', () => {
    const trigger = { price: 89, by: 'last' } as const
    net.record = { ...net.record, order: { ...net.record.order, trigger } }
    expect(calls()).to.deep.equal(['save'])
    net.saved = net.record
    expect(calls()).to.deep.equal(['amend'])
    expect(calls({ maySend: false })).to.deep.equal([])
    expect(calls({ canAmend: false })).to.deep.equal([])
    net.amendAt = AROUND.now + 1
    expect(calls()).to.deep.equal([])
  })

  it('cancel one that is unwanted, and query its end besides where an exit waits for that', () => {
    net.unwant('replaced', 0)
    expect(calls()).to.deep.equal(['cancel'])
    expect(calls({ mayCancel: false })).to.deep.equal([])
    net.unwant('exit', 0)
    expect(calls()).to.deep.equal(['cancel', 'ask-holding', 'list-orders'])
    expect(calls({ listsOrders: false })).to.deep.equal(['cancel', 'ask-holding'])
  })

  it('look up one that may rest no more: unlisted, met, or with less held than is owned', () => {
    net.notListedAt = AROUND.now + 1
    expect(calls()).to.deep.equal(['ask'])
    net.notListedAt = -Infinity
    expect(calls({ isMet: true }), 'an answer that is newer than the price').to.deep.equal([])
    for (const cause of [{ isMet: true }, { isLacking: true }]) {
      expect(calls({ ...cause, now: AROUND.now + 200 })).to.deep.equal(['ask'])
    }
  })

  it('look up one each five minutes that no list of working orders could show', () => {
    const later = { now: AROUND.now + 300_000 }
    expect(calls(later)).to.deep.equal([])
    expect(calls({ ...later, listsOrders: false })).to.deep.equal(['ask'])
    expect(calls({ now: later.now - 1, listsOrders: false })).to.deep.equal([])
  })

  it('look up one whose outcome is unknown, and cancel it too where it is unwanted', () => {
    put({ kind: 'unknown', since: 0 })
    expect(calls()).to.deep.equal(['ask'])
    net.unwant('no-position', 0)
    expect(calls()).to.deep.equal(['ask', 'cancel'])
    put({ kind: 'unknown', since: 0, absentAt: 5 })
    expect(calls({ mayCancel: false })).to.deep.equal(['ask', 'ask-holding', 'list-orders'])
  })
})
