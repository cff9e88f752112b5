import { expect } from 'chai'
import { hasForeign } from '../../src/exits/foreign.ts'
import { MOST_STEPS } from '../../src/exits/history.ts'
import { completed, isAlive, withStep } from '../../src/exits/record.ts'
import { recovered } from '../../src/exits/recovery.ts'
import { anOrderState, ExitCase, heldAt, settingsOf } from '../support/exits.ts'

const RESENDING = settingsOf({ dedupe: 'always', lookup: 'complete' }, { storeId: 's1' })

/** The first send of an exit was answered with `duplicate` at 100. */
const taken = (settings = RESENDING): ExitCase => {
  const exit = new ExitCase(settings).sent(100)
  return exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 100 })
}

describe('an order of our id that this store did not send', () => {
  it('is what `duplicate` means for a first send that was never in doubt', () => {
    const exit = taken()
    expect(exit.kind).to.equal('foreign')
    expect(isAlive(exit.record)).to.equal(false)
    expect(exit.record.rejections).to.equal(1)
  })

  it('is our own order where the attempt may have left before', () => {
    const exit = new ExitCase(RESENDING).sent(100).lost(100)
    exit.happen({ kind: 'sent', at: 200 })
    exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 200 })
    expect(exit.kind).to.equal('acknowledged')
  })

  it('is our own order where an earlier process may have sent the attempt', () => {
    const exit = new ExitCase(RESENDING).sent(100)
    exit.record = recovered(exit.record, { now: 200, owned: 5 }, RESENDING)
    exit.happen({ kind: 'sent', at: 200 })
    exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 200 })
    expect(exit.kind).to.equal('acknowledged')
  })

  it('is our own order where the venue had proved the attempt absent, and it came late', () => {
    const settings = settingsOf({ dedupe: 'open-only', lookup: 'complete' })
    const exit = new ExitCase(settings).sent(100).lost(100)
    exit.seen({ kind: 'absent' }, 120).seen({ kind: 'absent' }, 140)
    expect(exit.kind).to.equal('intended')
    exit.happen({ kind: 'sent', at: 150 })
    exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 150 })
    expect(exit.kind).to.equal('acknowledged')
  })

  it('is not booked, whether a look-up or the stream reports it', () => {
    const exit = taken().seen(anOrderState('filled', 5), 150)
    const { id } = exit
    const order = anOrderState('filled', 5)
    exit.happen({ kind: 'seen', id, order, by: 'stream', askedAt: 160, at: 160 })
    expect(exit.kind).to.equal('foreign')
    expect([exit.record.before.quantity, exit.record.executed.quantity]).to.deep.equal([0, 0])
  })

  it('is waited for while it works, and followed by a new attempt after two reports of the holding', () => {
    const exit = taken()
    const { id } = exit
    expect(exit.kindsOfSteps(2_000)).to.deep.equal(['ask-order'])
    exit.seen(anOrderState('working', 0), 2_000)
    expect(exit.kindsOfSteps(9_000, { held: heldAt(5, 8_000, 9_000) })).to.deep.equal(['ask-order'])
    exit.seen(anOrderState('ended', 0), 10_000)
    expect(exit.kindsOfSteps(10_005, { held: heldAt(5, 8_000, 10_005) })).to.deep.equal([
      'ask-holding',
    ])
    const around = { held: heldAt(5, 10_010, 10_020) }
    expect(exit.kindsOfSteps(10_020, around)).to.deep.equal(['retry'])
    exit.happen({ kind: 'retry', at: 10_020 })
    expect([exit.kind, exit.record.attempt, exit.record.hasLeft]).to.deep.equal([
      'intending',
      2,
      false,
    ])
    expect(exit.id).not.to.equal(id)
  })

  it('grows the wait each time that the next id is taken as well, and is loud', () => {
    const exit = taken()
    const waits: number[] = []
    for (let at = 100; waits.length < 4; at += 100_000) {
      const { state } = exit.record
      if (state.kind === 'foreign') waits.push(state.retryAt - state.since)
      exit.happen({ kind: 'retry', at }).sent(at)
      exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at })
    }
    expect(waits).to.deep.equal([1_000, 2_000, 4_000, 8_000])
    expect(exit.record.rejections).to.equal(5)
  })

  it('is waited for by the list of working orders where no look-up shows it', () => {
    const exit = taken(settingsOf({ dedupe: 'always' }, { listsOrders: true }))
    const { id } = exit
    expect(exit.kindsOfSteps(2_000)).to.deep.equal(['list-orders'])
    exit.happen({ kind: 'not-listed', id, askedAt: 105, at: 105 })
    expect(exit.kindsOfSteps(2_000), 'asked too early').to.deep.equal(['list-orders'])
    exit.happen({ kind: 'not-listed', id, askedAt: 2_000, at: 2_000 })
    const around = { held: heldAt(5, 2_010, 2_020) }
    expect(exit.kindsOfSteps(2_020, around)).to.deep.equal(['retry'])
  })

  it('is proved by two reports of the holding alone where the venue shows no order', () => {
    const exit = taken(settingsOf({ dedupe: 'always' }))
    expect(exit.kindsOfSteps(2_000)).to.deep.equal(['ask-holding'])
    expect(exit.kindsOfSteps(2_000, { held: heldAt(5, 110, 2_000) })).to.deep.equal(['retry'])
  })

  it('is remembered as such, however long the history of its exit becomes', () => {
    let { record } = taken()
    for (let count = 0; count < 200; count++) record = withStep(record, 200 + count, 'refused')
    expect([record.steps.length, hasForeign(record)]).to.deep.equal([MOST_STEPS, true])
  })

  it('is still none of ours after a restart', () => {
    const { record } = taken()
    expect(recovered(record, { now: 500, owned: 5 }, RESENDING)).to.equal(record)
  })

  it('ends the exit where the holding shows that it has sold what the exit was to sell', () => {
    const exit = taken().seen(anOrderState('filled', 5), 150)
    exit.happen({ kind: 'shrunk', by: 5, at: 200 })
    expect(exit.record.state).to.deep.equal({ kind: 'flat', at: 200, by: 'gone' })
    expect(exit.record.before.quantity).to.equal(0)
  })
})

describe('an exit that began when stores had no id', () => {
  it('keeps the ids of its orders', () => {
    const exit = new ExitCase(settingsOf())
    const { storeId: _none, hasLeft: _unknown, ...kept } = exit.record
    exit.record = completed(kept)
    const upgraded = settingsOf({}, { storeId: 's1' })
    exit.sent(100).happen({ kind: 'answered', id: exit.id, answer: REFUSED, at: 100 })
    const other = new ExitCase(upgraded)
    other.record = { ...exit.record }
    other.happen({ kind: 'retry', at: 5_000 })
    exit.happen({ kind: 'retry', at: 5_000 })
    expect(other.record.attempt).to.equal(2)
    expect(other.id).to.equal(exit.id)
  })

  it('takes a `duplicate` for its own: an earlier version did not note what had left', () => {
    const exit = new ExitCase(RESENDING)
    const { storeId: _none, hasLeft: _unknown, ...kept } = exit.record
    exit.record = completed(kept)
    exit.sent(100)
    exit.happen({ kind: 'answered', id: exit.id, answer: { kind: 'duplicate' }, at: 100 })
    expect(exit.kind).to.equal('acknowledged')
  })
})

const REFUSED = { kind: 'rejected', code: 'refused' } as const
