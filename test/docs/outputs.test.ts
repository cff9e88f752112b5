import { expect } from 'chai'
import { isAsShown } from '../support/docs/outputs.ts'
import { stagesOf, wordsOf } from '../support/docs/shell.ts'

const now = Date.parse('2026-11-28T06:00:00Z')
const same = (expected: string, actual: string, isMeasured = false): boolean =>
  isAsShown(expected, actual, { isMeasured, now })

describe('the comparison of a page with the actual output', () => {
  it('finds a wrong number, word, line, or one line too many', () => {
    expect(same('stop 98', 'stop 99')).to.equal(false)
    expect(same('stop 98', 'target 98')).to.equal(false)
    expect(same('a\nb', 'a')).to.equal(false)
    expect(same('a', 'a\nb')).to.equal(false)
    expect(same('a b', 'axb')).to.equal(false)
  })

  it('accepts any text for an ellipsis, and any lines for one alone, but not less than is shown', () => {
    expect(same('a … c', 'a b b c')).to.equal(true)
    expect(same('a\n…\nd', 'a\nb\nc\nd')).to.equal(true)
    expect(same('a … c', 'a\nc')).to.equal(false)
    expect(same('a\n…\nd', 'a\nb\nc')).to.equal(false)
  })

  it('accepts any recent time for a recent time, and another one only for itself', () => {
    const shown = 'at 2024-01-02T03:04:05.678Z'
    expect(same(shown, 'at 2026-11-28T05:59:59.123Z')).to.equal(true)
    expect(same(shown, shown)).to.equal(true)
    expect(same(shown, 'at 2024-01-02T03:04:05.679Z')).to.equal(false)
  })

  it('accepts the start and the end of today for those of another day', () => {
    const shown = '2024-01-02T00:00:00.000Z to 2024-01-03T00:00:00.000Z'
    expect(same(shown, '2026-11-28T00:00:00.000Z to 2026-11-29T00:00:00.000Z')).to.equal(true)
    expect(same(shown, '2026-11-28T00:00:00.000Z to 2026-11-30T00:00:00.000Z')).to.equal(false)
  })

  it('accepts any other duration in the same unit', () => {
    expect(same('up 20 s', 'up 1 s')).to.equal(true)
    expect(same('up 20 s', 'up 1 ms')).to.equal(false)
  })

  it('accepts any number where figures are measured, and only there', () => {
    expect(same('cycle  14  0.359', 'cycle   3  12.5', true)).to.equal(true)
    expect(same('cycle  14  0.359', 'cycle   3  12.5')).to.equal(false)
    expect(same('cycle  14', 'commit  14', true)).to.equal(false)
  })

  it('compares JSON that is broken into lines field by field', () => {
    const shown = '{"at":1795481790699,"id":"a",\n "ageMs":3}'
    expect(same(shown, `{"at":${now - 5},"id":"a","ageMs":70}`)).to.equal(true)
    expect(same(shown, `{"at":${now - 5},"id":"b","ageMs":70}`)).to.equal(false)
    expect(same(shown, `{"at":${now - 5},"id":"a","ageMs":70,"more":1}`)).to.equal(false)
    expect(same(shown, `{"at":17,"id":"a","ageMs":70}`)).to.equal(false)
  })
})

describe('a command line of a page', () => {
  it('is split at pipes, and at the redirection of a watchkeeper command', () => {
    expect(stagesOf(`watchkeeper a '|' | head -2 # | c`)).to.deep.equal([
      `watchkeeper a '|'`,
      'head -2',
    ])
    expect(stagesOf('watchkeeper a > b')).to.deep.equal(['watchkeeper a', 'cat > b'])
  })

  it('has words, whose quotes are removed', () => {
    expect(wordsOf(`a 'b "c"' "d e" f\\ g`)).to.deep.equal(['a', 'b "c"', 'd e', 'f g'])
  })
})
