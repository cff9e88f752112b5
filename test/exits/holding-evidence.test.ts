import { expect } from 'chai'
import { NO_DRIFT } from '../../src/exits/exit-state.ts'
import { executedUnseen, goneOfOtherUnits } from '../../src/exits/holding-evidence.ts'
import { anOrderState, ExitCase, heldAt, settingsOf } from '../support/exits.ts'

/** An exit of 5 units whose order of 4 units was made while the venue found every order by its id. */
function anOrderOfFour(but: Parameters<typeof settingsOf>[0] = {}): ExitCase {
  const exit = new ExitCase(settingsOf({ lookup: 'complete' }))
  const recorded = { kind: 'recorded', at: 0 } as const
  exit.happen(
    recorded,
    { kind: 'planned', plan: { quantity: 4, heldBefore: 5 }, at: 0 },
    recorded,
    { kind: 'queued', at: 0 },
    { kind: 'sent', at: 0 },
    { kind: 'answered', id: exit.id, answer: { kind: 'acknowledged' }, at: 5 },
  )
  const less = new ExitCase(settingsOf(but))
  less.record = { ...exit.record, drift: NO_DRIFT }
  return less
}

describe('what a holding shows of an order that left a part of its exit', () => {
  it('is what is gone, where all that was held before was left of the exit', () => {
    const exit = anOrderOfFour()
    exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 20, at: 20 })
    expect(exit.steps(60, { held: heldAt(1, 30, 50) })).to.deep.equal([
      { kind: 'ended', quantity: 4 },
    ])
  })

  it('is nothing, where others owned a part of what was held before', () => {
    const exit = anOrderOfFour()
    exit.record = { ...exit.record, heldBefore: 9 }
    exit.happen({ kind: 'not-listed', id: exit.id, askedAt: 20, at: 20 })
    expect(exit.kindsOfSteps(60, { held: heldAt(5, 30, 50) })).not.to.include('ended')
  })

  it('is the same after a part of it was reported as executed', () => {
    const exit = anOrderOfFour({ lookup: 'complete' }).seen(anOrderState('working', 2), 10)
    const around = { held: heldAt(1, 30, 50), owned: 3, areOwnersUnchanged: true }
    expect(goneOfOtherUnits(exit.record, { ...around } as never)).to.equal(2)
    const { state } = exit.record
    if (state.kind !== 'partly-filled') expect.fail(state.kind)
    const { settings } = anOrderOfFour()
    const all = { ...around, settings, isShared: false, quietSince: 0 }
    expect(executedUnseen(exit.record, state, all as never)).to.deep.equal({ least: 4, most: 4 })
  })
})
