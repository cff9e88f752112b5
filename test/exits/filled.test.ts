import { expect } from 'chai'
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
