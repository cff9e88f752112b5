import { expect } from 'chai'
import { MassExitHold } from '../../src/account/mass-exit-hold.ts'
import type { ExitReason } from '../../src/domain/reason.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import { ExitCase, settingsOf } from '../support/exits.ts'

/** A price exit of one position, and what else has joined its decision. */
function anExit(generation = 1, joined: readonly ExitReason[] = []): ExitRecord {
  const { record } = new ExitCase(settingsOf())
  const { decision } = record
  const matched = [...decision.matched, ...joined]
  return { ...record, generation, decision: { ...decision, matched } }
}

describe('MassExitHold', () => {
  let now: number
  let hold: MassExitHold

  beforeEach(() => {
    now = 0
    hold = new MassExitHold({ max: 0, withinMs: 1_000, confirmMs: 100 }, () => now)
  })

  it('holds an exit until its time is over, however often that is asked', () => {
    expect(hold.admit(anExit())).to.equal(100)
    now = 99
    expect([hold.isHeld(anExit()), hold.isHolding]).to.deep.equal([true, true])
    now = 100
    expect([hold.isHeld(anExit()), hold.isHolding]).to.deep.equal([false, false])
    now = 99
    expect(hold.isHeld(anExit())).to.equal(true)
  })

  it('lets an exit go at once that a reason without a price joins', () => {
    hold.admit(anExit())
    for (const reason of ['kill-switch', 'daily-loss', 'manual'] as const) {
      expect(hold.isHeld(anExit(1, [reason])), reason).to.equal(false)
    }
    expect(hold.isHeld(anExit())).to.equal(true)
  })

  it('holds the exit of the next generation of an id by its own time', () => {
    hold.admit(anExit())
    now = 50
    expect(hold.isHeld(anExit(2))).to.equal(false)
    expect(hold.admit(anExit(2))).to.equal(100)
    now = 60
    expect(hold.admit(anExit(2))).to.equal(90)
  })
})
