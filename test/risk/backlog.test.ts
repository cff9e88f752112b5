import { expect } from 'chai'
import { Backlog } from '../../src/risk/backlog.ts'

describe('Backlog', () => {
  it('finds the first tick with at least a given number, or its length when there is none', () => {
    const backlog = new Backlog()
    for (const seq of [3, 5, 9]) backlog.push(seq, seq * 10, seq * 100, 1)
    expect([0, 3, 4, 9, 10].map(seq => backlog.indexOf(seq))).to.deep.equal([0, 0, 1, 2, 3])
  })

  it('keeps every column while it grows', () => {
    const backlog = new Backlog()
    for (let seq = 1; seq <= 100; seq++) backlog.push(seq, seq / 2, seq * 3, seq + 7)
    expect(backlog.length).to.equal(100)
    expect([...backlog.price.subarray(0, 3)]).to.deep.equal([0.5, 1, 1.5])
    expect([backlog.at[99], backlog.quietMs[99], backlog.seq[99]]).to.deep.equal([300, 107, 100])
  })

  it('is empty after it was cleared', () => {
    const backlog = new Backlog()
    backlog.push(1, 1, 1, 1)
    backlog.clear()
    expect([backlog.length, backlog.indexOf(0)]).to.deep.equal([0, 0])
  })
})
