import { expect } from 'chai'
import fc from 'fast-check'
import { targets, waitMs } from '../../src/resilience/chaos-plan.ts'

describe('targets', () => {
  it('hits no target twice, none that was not named, and at most so many', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 20 })
    fc.assert(
      fc.property(
        names,
        names,
        fc.nat(30),
        fc.infiniteStream(fc.nat(999)),
        (all, wanted, count, s) => {
          const random = (): number => s.next().value / 1_000
          const hit = targets(all, wanted, { count, random })
          const possible = wanted.includes('*') ? all : all.filter(name => wanted.includes(name))
          expect(new Set(hit).size).to.equal(hit.length)
          expect(hit.length).to.equal(Math.min(count, possible.length))
          for (const name of hit) expect(possible).to.include(name)
        },
      ),
    )
  })
})

describe('waitMs', () => {
  it('stays within half of the mean and one and a half of it', () => {
    expect(waitMs({ everyMs: 1_000 }, 0)).to.equal(500)
    expect(waitMs({ everyMs: 1_000 }, 0.5)).to.equal(1_000)
    expect(waitMs({ everyMs: 1_000 }, 0.999)).to.be.below(1_500)
  })
})
