import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { TickFilter } from '../../src/risk/tick-filter.ts'

const tick = (price: number, name = 'ACME'): Tick => ({
  instrument: instrumentId(name),
  ts: 0,
  price,
})

function passed(filter: TickFilter, ...prices: number[]): number[] {
  const out: Tick[] = []
  for (const price of prices) filter.accept(tick(price), out)
  return out.map(({ price }) => price)
}

describe('TickFilter', () => {
  it('drops and counts prices that are not above zero or not finite', () => {
    const filter = new TickFilter()
    expect(passed(filter, 0, -1, NaN, Infinity, 7)).to.deep.equal([7])
    expect(filter.dropped).to.equal(4)
  })

  it('lets any jump pass without maxJumpPct', () => {
    expect(passed(new TickFilter(), 41, 0.27, 41)).to.deep.equal([41, 0.27, 41])
  })

  it('drops a spike that the next tick does not confirm', () => {
    const filter = new TickFilter({ maxJumpPct: 20 })
    expect(passed(filter, 41, 0.27, 41, 42)).to.deep.equal([41, 41, 42])
    expect([filter.dropped, filter.held]).to.deep.equal([1, 0])
  })

  it('holds a jump back until the next tick confirms it, then passes both in order', () => {
    const filter = new TickFilter({ maxJumpPct: 20 })
    expect(passed(filter, 100, 50)).to.deep.equal([100])
    expect(filter.held).to.equal(1)
    expect(passed(filter, 51)).to.deep.equal([50, 51])
    expect(passed(filter, 52)).to.deep.equal([52])
    expect(filter.dropped).to.equal(0)
  })

  it('takes the size of the jump itself as believable', () => {
    expect(passed(new TickFilter({ maxJumpPct: 20 }), 100, 120)).to.deep.equal([100, 120])
  })

  it('holds the second of two wild ticks that disagree', () => {
    const filter = new TickFilter({ maxJumpPct: 20 })
    expect(passed(filter, 100, 50, 150)).to.deep.equal([100])
    expect([filter.dropped, filter.held]).to.deep.equal([1, 1])
  })

  it('judges each instrument by itself', () => {
    const filter = new TickFilter({ maxJumpPct: 20 })
    const out: Tick[] = []
    filter.accept(tick(100), out)
    filter.accept(tick(1, 'OTHER'), out)
    expect(out).to.have.length(2)
  })
})
