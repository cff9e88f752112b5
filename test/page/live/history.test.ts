import { expect } from 'chai'
import { History } from '../../../src/page/live/history.ts'

describe('The price history of the page', () => {
  it('stays within its bound over a day of four prices a second', () => {
    const history = new History()
    const day = 86_400_000
    for (let at = 0; at < day; at += 250) history.add(0, at, at)
    const { at, price } = history.of(0)!
    expect(at.length).to.be.within(250, 600)
    expect(price.length).to.equal(at.length)
    expect(at[0]).to.equal(0)
    expect(price.at(-1)).to.equal(day - 250)
    expect(at.toSorted((a, b) => a - b)).to.deep.equal(at)
  })

  it('keeps the newest of several prices within one step', () => {
    const history = new History()
    for (const [at, price] of [
      [0, 1],
      [100, 2],
      [90, 3],
    ] as const) {
      history.add(0, at, price)
    }
    expect(history.of(0)).to.include({ stepMs: 500 })
    expect(history.of(0)!.price).to.have.length(1)
  })
})
