import { expect } from 'chai'
import { VirtualCycles } from '../../src/account/virtual-cycles.ts'

describe('VirtualCycles', () => {
  it('runs no cycle where no position needs one', () => {
    const cycles = new VirtualCycles(Infinity)
    cycles.happened(1_000)
    expect(cycles.nextAt).to.equal(Infinity)
  })

  it('runs on the grid from the first event, and skips cycles without work', () => {
    const cycles = new VirtualCycles(500)
    cycles.happened(1_003)
    cycles.happened(1_200)
    expect(cycles.nextAt).to.equal(1_503)
    cycles.over(false)
    expect(cycles.nextAt).to.equal(Infinity)
    cycles.happened(61_003)
    expect(cycles.nextAt).to.equal(61_503)
  })

  it('continues while an exit waits, but not for ever', () => {
    const cycles = new VirtualCycles(500)
    cycles.happened(0)
    let count = 0
    while (cycles.nextAt !== Infinity) {
      count++
      cycles.over(true)
    }
    expect(count).to.equal(240)
  })
})
