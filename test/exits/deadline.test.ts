import { expect } from 'chai'
import type { Capabilities } from '../../src/domain/venue.ts'
import { ExitCase, settingsOf } from '../support/exits.ts'

const absent = { kind: 'absent' } as const

/** An exit whose order left at 0, with a deadline of 100 ms, and was not answered until 5. */
function sent(deadline: Capabilities['deadline']): ExitCase {
  const exit = new ExitCase(settingsOf({ lookup: 'complete', deadline: deadline! }))
  const recorded = { kind: 'recorded', at: 0 } as const
  exit.happen(recorded, { kind: 'queued', at: 0 }, { kind: 'sent', at: 0, actBy: 100 })
  return exit.lost(5)
}

describe('an order with a deadline', () => {
  it('is absent only once its deadline is over, where the venue keeps that', () => {
    const exit = sent('kept').seen(absent, 50).seen(absent, 109)
    expect(exit.record.steps.at(-1)!.what).to.equal('unknown: no answer')
    exit.seen(absent, 110).seen(absent, 119)
    expect(exit.kind).to.equal('unknown')
    expect(exit.seen(absent, 120).kind).to.equal('intended')
  })

  it('is absent as soon as it would have shown, where the venue ignores it', () => {
    expect(sent('ignored').seen(absent, 15).seen(absent, 25).kind).to.equal('intended')
  })

  it('may have left as late as can be, where the process that sent it has died', () => {
    const settings = settingsOf({ lookup: 'complete', deadline: 'kept' }, { actWithinMs: 200 })
    const exit = new ExitCase(settings)
    exit.record = {
      ...exit.record,
      hasLeft: true,
      isDoubted: true,
      state: { kind: 'unknown', since: 1_000 },
    }
    exit.seen(absent, 1_100).seen(absent, 1_209)
    expect(exit.record.state).not.to.have.property('absentAt')
    expect(exit.seen(absent, 1_210).seen(absent, 1_220).kind).to.equal('intended')
  })

  it('works no more without a longer wait, where nothing can arrive any more', () => {
    const { id } = sent('kept')
    const notListed = (at: number) => ({ kind: 'not-listed', id, askedAt: at, at }) as const
    const kept = sent('kept').happen(notListed(109))
    expect(kept.record.state).not.to.have.property('notOpenAt')
    expect(kept.happen(notListed(110)).record.state).to.have.property('notOpenAt', 110)
  })
})
