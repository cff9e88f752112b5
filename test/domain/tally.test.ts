import { expect } from 'chai'
import { MOST_NAMES, tallied, tally } from '../../src/domain/tally.ts'

describe('a tally', () => {
  it('stays bounded and loses no count, whatever the names are', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 500; i++) tally(counts, `e${i}`, 2)
    expect(counts.size).to.equal(MOST_NAMES + 1)
    expect([...counts.values()].reduce((a, b) => a + b)).to.equal(1_000)
    expect(counts.get('other')).to.equal(2 * (500 - MOST_NAMES))
  })

  it('shows what was counted between two states, and nothing that did not change', () => {
    const counts = new Map([['a', 1]])
    const before = new Map(counts)
    tally(counts, 'b')
    expect(tallied(counts, before)).to.deep.equal({ b: 1 })
    tally(counts, 'a', 3)
    expect(tallied(counts, before)).to.deep.equal({ a: 3, b: 1 })
  })
})
