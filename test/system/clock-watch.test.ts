import { expect } from 'chai'
import { ClockWatch } from '../../src/system/clock-watch.ts'

describe('ClockWatch', () => {
  it('tells each jump of the wall clock once, and leaves small corrections alone', () => {
    let wall = 1_000_000
    let mono = 5
    const watch = new ClockWatch({ now: () => wall, monotonic: () => mono })
    const after = (wallMs: number, monoMs: number): number | undefined => {
      wall += wallMs
      mono += monoMs
      return watch.look()
    }
    expect(after(60_000, 60_000)).to.equal(undefined)
    expect(after(2_500, 500)).to.equal(undefined)
    expect(after(4_000, 500)).to.equal(5_500)
    expect(after(500, 500)).to.equal(undefined)
    expect(after(-3_600_000, 500)).to.equal(-3_600_500)
    expect(watch.jumps).to.equal(2)
  })
})
