import { expect } from 'chai'
import { Repeats } from '../../src/account/repeats.ts'

describe('Repeats', () => {
  const reported = (repeats: Repeats, times: number, subject = 'a', cause = 'NOT_SENT'): number[] =>
    Array.from({ length: times }, () => repeats.add(subject, cause)).filter(
      each => each !== undefined,
    )

  it('reports the first failure, the tenth, the hundredth, and none between', () => {
    expect(reported(new Repeats(), 12_345)).to.deep.equal([1, 10, 100, 1_000, 10_000])
  })

  it('counts each cause of each subject by itself', () => {
    const repeats = new Repeats()
    reported(repeats, 5)
    expect(reported(repeats, 1, 'b')).to.deep.equal([1])
    expect(reported(repeats, 1, 'a', 'RATE_LIMITED')).to.deep.equal([1])
    expect(reported(repeats, 5)).to.deep.equal([10])
  })

  it('gives the text of an error for a journal line, with the count from the second line on', () => {
    const repeats = new Repeats()
    const lines: unknown[] = []
    for (let count = 0; count < 12; count++)
      repeats.report('a', new Error('no room'), detail => lines.push(detail))
    repeats.report('b', 'no room', detail => lines.push(detail))
    const first = { error: 'no room' }
    expect(lines).to.deep.equal([first, { ...first, times: 10 }, first])
  })

  it('forgets the subject that has not failed for longest when there are too many', () => {
    const repeats = new Repeats()
    reported(repeats, 1, 'old')
    reported(repeats, 1, 'kept')
    for (let index = 0; index < 9_998; index++) reported(repeats, 1, `s${index}`)
    reported(repeats, 1, 'kept')
    reported(repeats, 1, 'one more')
    expect([reported(repeats, 1, 'kept'), reported(repeats, 1, 'old')]).to.deep.equal([[], [1]])
  })
})
