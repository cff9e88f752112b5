import { expect } from 'chai'
import { everySoOften } from '../../src/calls/every-so-often.ts'

describe('everySoOften', () => {
  it('looks again only when what it has seen is a tenth of a second old', () => {
    let [now, looks] = [0, 0]
    const look = everySoOften(
      () => now,
      () => ++looks,
    )
    const seen = [0, 99, 100, 150, 1_000].map(at => {
      now = at
      return look()
    })
    expect(seen).to.deep.equal([1, 1, 2, 2, 3])
  })
})
