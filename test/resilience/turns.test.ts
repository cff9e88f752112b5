import { expect } from 'chai'
import fc from 'fast-check'
import {
  GRACE_MS,
  NO_TURNS,
  served,
  turnInMs,
  waits,
  type Turns,
} from '../../src/resilience/turns.ts'

describe('Turns', () => {
  it('gives an account that others keep busy its token within one round, whatever the order in which they ask', () => {
    const kind = fc.constantFrom('exit' as const, 'other' as const)
    const orders = fc.array(fc.nat({ max: 4 }), { minLength: 60, maxLength: 60 })
    fc.assert(
      fc.property(kind, orders, (each, order) => {
        const names = ['a', 'b', 'c', 'd', 'e']
        let turns: Turns = NO_TURNS
        let now = 0
        const last = new Map(names.map(name => [name, 0]))
        let token = 0
        // Every account always has a call that waits; there is one token each 100 ms.
        for (const pick of order) {
          now += 100
          token++
          const asking = [...names.slice(pick), ...names.slice(0, pick)]
          let isLeft = true
          for (const name of asking) {
            if (isLeft && turnInMs(turns, name, each, now) === 0) {
              isLeft = false
              turns = served(turns, name, each)
              expect(token - last.get(name)!).to.be.at.most(names.length * 2)
              last.set(name, token)
            }
            turns = waits(turns, name, each, now + 100)
          }
        }
        for (const name of names) expect(token - last.get(name)!).to.be.at.most(names.length * 2)
      }),
      { numRuns: 20 },
    )
  })

  it('lets an exit of one account pass the other calls of every account', () => {
    const turns = waits(served(NO_TURNS, 'a', 'exit'), 'a', 'exit', 100)
    expect(turnInMs(turns, 'b', 'other', 90)).to.equal(10 + GRACE_MS)
    expect(turnInMs(waits(turns, 'b', 'other', 80), 'a', 'exit', 90)).to.equal(0)
    expect(turnInMs(served(turns, 'a', 'exit'), 'b', 'other', 90)).to.equal(0)
  })

  it('ends the turn of an account that does not ask again', () => {
    const turns = waits(served(NO_TURNS, 'b', 'exit'), 'a', 'exit', 100)
    expect(turnInMs(turns, 'b', 'exit', 100)).to.be.above(0)
    expect(turnInMs(turns, 'b', 'exit', 100 + GRACE_MS)).to.equal(0)
  })
})
