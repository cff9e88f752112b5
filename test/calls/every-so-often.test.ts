import { expect } from 'chai'
import { everySoOften } from '../../src/calls/every-so-often.ts'

describe('everySoOften', () => {
  it('reads again only when its last value is a tenth of a second old', () => {
    let [now, reads] = [0, 0]
    const read = everySoOften(
      () => now,
      () => ++reads,
    )
    const seen = [0, 99, 100, 150, 1_000].map(at => {
      now = at
      return read()
    })
    expect(seen).to.deep.equal([1, 1, 2, 2, 3])
  })
})
