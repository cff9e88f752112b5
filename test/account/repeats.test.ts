import { expect } from 'chai'
import { Repeats } from '../../src/account/repeats.ts'

describe('Repeats', () => {
  const told = (repeats: Repeats, times: number, subject = 'a', cause = 'NOT_SENT'): number[] =>
    Array.from({ length: times }, () => repeats.add(subject, cause)).filter(
      each => each !== undefined,
    )

  it('tells the first failure, the tenth, the hundredth, and none between', () => {
    expect(told(new Repeats(), 12_345)).to.deep.equal([1, 10, 100, 1_000, 10_000])
  })

  it('tells each cause of each subject for itself', () => {
    const repeats = new Repeats()
    told(repeats, 5)
    expect(told(repeats, 1, 'b')).to.deep.equal([1])
    expect(told(repeats, 1, 'a', 'RATE_LIMITED')).to.deep.equal([1])
    expect(told(repeats, 5)).to.deep.equal([10])
  })

  it('forgets what has not failed for longest when there is too much', () => {
    const repeats = new Repeats()
    told(repeats, 1, 'old')
    told(repeats, 1, 'kept')
    for (let index = 0; index < 9_998; index++) told(repeats, 1, `s${index}`)
    told(repeats, 1, 'kept')
    told(repeats, 1, 'one more')
    expect([told(repeats, 1, 'kept'), told(repeats, 1, 'old')]).to.deep.equal([[], [1]])
  })
})
