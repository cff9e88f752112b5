import { expect } from 'chai'
import fc from 'fast-check'
import type { ClientOrderId, Fill } from '../../src/domain/order.ts'
import {
  dueAction,
  type ExitEvent,
  type ExitRecord,
  type ExitState,
  follow,
  joined,
  recovered,
} from '../../src/exits/ledger.ts'
import { aDecision, aPosition } from '../support/builders.ts'

const ID = 'wk1' as ClientOrderId
const NEXT = 'wk2' as ClientOrderId
const { id: positionId, instrument, side, quantity, priceSource } = aPosition()
const FILL: Fill = { clientOrderId: ID, positionId, quantity, price: 95 }

const aRecord = (state: ExitState): ExitRecord => ({
  positionId,
  account: '',
  generation: 1,
  attempt: 1,
  order: { clientOrderId: ID, positionId, instrument, side, quantity, priceSource },
  decision: aDecision(),
  intendedAt: 0,
  rejections: 0,
  state,
})

const STATES: ExitState[] = [
  { kind: 'intending' },
  { kind: 'intended' },
  { kind: 'sending' },
  { kind: 'acknowledged' },
  { kind: 'unknown', since: 1 },
  { kind: 'rejected', code: 'x', retryAt: 9 },
  { kind: 'filled', fill: FILL },
]

const EVENTS: ExitEvent[] = [
  { kind: 'recorded' },
  { kind: 'sent' },
  { kind: 'acknowledged' },
  { kind: 'filled', fill: FILL },
  { kind: 'rejected', code: 'x', at: 5, nextId: NEXT },
  { kind: 'not-sent' },
  { kind: 'outcome-unknown', at: 5 },
  { kind: 'absent' },
]

describe('the exit ledger', () => {
  it('sends nothing before the intent is durable', () => {
    const record = aRecord({ kind: 'intending' })
    expect(dueAction(record, 0)).to.equal('save')
    expect(follow(record, { kind: 'sent' })).to.equal(record)
  })

  it('takes every unfinished exit that it reads from the store as unknown', () => {
    for (const state of STATES) {
      const { kind } = recovered(aRecord(state), 7).state
      const isKept = ['filled', 'rejected', 'unknown'].includes(state.kind)
      expect(kind, state.kind).to.equal(isKept ? state.kind : 'unknown')
    }
  })

  it('never guesses: an unknown outcome is asked about, not sent again', () => {
    const unknown = follow(aRecord({ kind: 'sending' }), { kind: 'outcome-unknown', at: 5 })
    expect(dueAction(unknown, 1e12)).to.equal('ask')
    expect(follow(unknown, { kind: 'sent' })).to.equal(unknown)
  })

  it('sends the same attempt again once the broker proved that it has no such order', () => {
    const again = follow(aRecord({ kind: 'unknown', since: 1 }), { kind: 'absent' })
    expect([dueAction(again, 0), again.order.clientOrderId, again.attempt]).to.deep.equal([
      'send',
      ID,
      1,
    ])
  })

  it('makes a new attempt after a rejection, later each time', () => {
    const first = follow(aRecord({ kind: 'sending' }), EVENTS[4]!)
    expect(first.order.clientOrderId).to.equal(NEXT)
    expect([first.attempt, first.rejections]).to.deep.equal([2, 1])
    expect(dueAction(first, 1_004)).to.equal(undefined)
    expect(dueAction(first, 1_005)).to.equal('send')
    const second = follow(follow(first, { kind: 'sent' }), EVENTS[4]!)
    expect(second.state).to.deep.equal({ kind: 'rejected', code: 'x', retryAt: 2_005 })
  })

  it('ignores a fill of an order that it did not make', () => {
    const record = aRecord({ kind: 'unknown', since: 1 })
    expect(follow(record, { kind: 'filled', fill: { ...FILL, clientOrderId: NEXT } })).to.equal(
      record,
    )
  })

  it('joins a later decision: the first reason stays', () => {
    const later = {
      ...aDecision(),
      reason: 'manual' as const,
      matched: ['manual', 'stop-loss'] as const,
    }
    const { decision } = joined(aRecord({ kind: 'sending' }), later)
    expect([decision.reason, decision.matched]).to.deep.equal([
      'stop-loss',
      ['stop-loss', 'manual'],
    ])
    const same = aRecord({ kind: 'sending' })
    expect(joined(same, aDecision())).to.equal(same)
  })

  it('never leaves filled, and never sends while a call or an unknown outcome is about', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STATES),
        fc.array(fc.constantFrom(...EVENTS)),
        (start, events) => {
          let record = aRecord(start)
          for (const event of events) {
            const before = record
            record = follow(record, event)
            if (before.state.kind === 'filled') expect(record).to.equal(before)
            if (event.kind !== 'sent' || record === before) continue
            expect(['intended', 'rejected']).to.include(before.state.kind)
          }
        },
      ),
    )
  })
})
