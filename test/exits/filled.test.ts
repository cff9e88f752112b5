import { expect } from 'chai'
import { NO_DRIFT } from '../../src/exits/exit-state.ts'
import { anOrderState, ExitCase, heldAt, settingsOf } from '../support/exits.ts'

/** An exit of five of five held, at a venue that finds every order; filled at 20. */
const filledAt20 = (): ExitCase => {
  const exit = new ExitCase(settingsOf({ lookup: 'complete' }, { loudAfterMs: 1_000 })).sent()
  return exit.seen(anOrderState('filled', 5), 20)
}
const contradictedAt50 = (): ExitCase => filledAt20().happen({ kind: 'contradicted', at: 50 })
const UNMOVED = heldAt(5, 30, 40)

describe('an exit that the venue calls filled', () => {
  it('is contradicted by two reports of a holding that has not fallen by the fill', () => {
    const exit = filledAt20()
    expect(exit.kindsOfSteps(50, { held: heldAt(5, 30, 39) })).to.deep.equal(['ask-holding'])
    expect(exit.kindsOfSteps(50, { held: heldAt(1, 30, 40) })).to.deep.equal(['contradicted'])
    expect(exit.kindsOfSteps(50, { held: UNMOVED })).to.deep.equal(['contradicted'])
    exit.happen({ kind: 'contradicted', at: 50 })
    expect([exit.kind, exit.record.faults]).to.deep.equal(['filled', 1])
    expect(exit.kindsOfSteps(60, { held: UNMOVED })).to.deep.equal(['ask-holding', 'ask-order'])
  })

  it('is in doubt again where the venue takes its word back', () => {
    for (const order of [{ kind: 'absent' } as const, anOrderState('working', 0)]) {
      const exit = contradictedAt50().seen(order, 29)
      expect(exit.kind, 'an answer of before').to.equal('filled')
      exit.seen(order, 60)
      expect([exit.kind, exit.record.before.quantity]).to.deep.equal(['unknown', 0])
      expect(exit.record.attempt, 'nothing is sent by it').to.equal(1)
      expect(exit.kindsOfSteps(61, { held: UNMOVED })).to.include('ask-order')
    }
  })

  it('is over after loudAfterMs where the venue goes on to say so: others may have bought', () => {
    const exit = contradictedAt50().seen(anOrderState('filled', 5), 60)
    expect(exit.kindsOfSteps(1_019, { held: UNMOVED })).to.include('ask-order')
    const [step] = exit.steps(1_020, { held: UNMOVED })
    expect(step).to.deep.equal({ kind: 'flat', by: 'fill', isBelieved: true })
    exit.happen({ kind: 'flat', by: 'fill', isBelieved: true, at: 1_020 })
    expect(exit.record.steps.at(-1)!.what).to.match(/the fill counts/)
  })

  describe('whose position has no record of what was held before it', () => {
    /** Of 5 + 3 units held 3 belong to another position or to none; the venue bounds the order. */
    const filledBeside = (spare: number | null, others: number | null): ExitCase => {
      const capabilities = { lookup: 'complete', reduceOnly: true } as const
      const exit = new ExitCase(settingsOf(capabilities, { loudAfterMs: 1_000 }))
      exit.happen({ kind: 'recorded', at: 0 }, { kind: 'queued', at: 0 }, { kind: 'sent', at: 0 })
      exit.record = { ...exit.record, drift: { ...NO_DRIFT, spare, others } }
      return exit.seen(anOrderState('filled', 5), 20)
    }

    it('is contradicted by more units that belong to no position than before', () => {
      for (const [spare, others, isShared] of [
        [0, 3, true],
        [3, 0, false],
      ] as const) {
        const exit = filledBeside(spare, others)
        const around = { isShared, owned: others }
        expect(exit.kindsOfSteps(25, around), 'an answer of before').to.deep.equal(['ask-holding'])
        const unmoved = { ...around, held: heldAt(8, 30, 40) }
        expect(exit.kindsOfSteps(50, unmoved)).to.deep.equal(['contradicted'])
        const fallen = { ...around, held: heldAt(3, 30) }
        expect(exit.kindsOfSteps(50, fallen)).to.deep.equal(['flat'])
        exit.happen({ kind: 'contradicted', at: 50 })
        exit.seen(anOrderState('working', 0), 60)
        expect(exit.kind).to.equal('unknown')
      }
    })

    it('is over at once where that is not known, or other exits have changed it since', () => {
      const around = { isShared: true, owned: 3, held: heldAt(8, 30, 40) }
      expect(filledBeside(null, null).kindsOfSteps(50, around)).to.deep.equal(['flat'])
      const later = { ...around, quietSince: 21 }
      expect(filledBeside(0, 3).kindsOfSteps(50, later)).to.deep.equal(['flat'])
    })
  })

  it('is contradicted where others, whose exits are over by now, had a part of what was held', () => {
    const exit = filledAt20()
    exit.record = { ...exit.record, heldBefore: 10, drift: { ...NO_DRIFT, spare: 0, others: 5 } }
    expect(exit.kindsOfSteps(50, { held: UNMOVED })).to.deep.equal(['contradicted'])
  })

  it('is over at once where the holding has fallen by it, or cannot show it', () => {
    const over = [{ kind: 'flat', by: 'fill' }]
    const held = heldAt(0, 30)
    expect(filledAt20().steps(50, { held })).to.deep.equal(over)
    expect(contradictedAt50().steps(60, { held: heldAt(0, 55) })).to.deep.equal(over)
    expect(filledAt20().steps(50, { held: UNMOVED, isShared: true })).to.deep.equal(over)
    const came = filledAt20().steps(50, { held: UNMOVED, quietSince: 21 })
    expect(came, 'a position came meanwhile').to.deep.equal(over)
  })
})
