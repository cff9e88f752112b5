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
  it('drops and counts prices that are not above zero, or beyond all bounds', () => {
    const filter = new TickFilter()
    const beyond = [NaN, Infinity, 1.7e308, 1.1e15, 9e-16]
    expect(passed(filter, 0, -1, ...beyond, 7)).to.deep.equal([7])
    expect(filter.dropped).to.equal(7)
    const negative = new TickFilter({ mayBeNegative: () => true })
    expect(passed(negative, -1.7e308, -Infinity, -1)).to.deep.equal([-1])
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

  it('treats the size of the jump itself as plausible', () => {
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

  const quoted = (price: number, bid: number, ask: number, ts = 0, size?: number): Tick => ({
    instrument: instrumentId('ACME'),
    ts,
    price,
    bid,
    ask,
    ...(size !== undefined && { size }),
  })
  const shown = (filter: TickFilter, ...ticks: Tick[]): (readonly (number | undefined)[])[] => {
    const out: Tick[] = []
    for (const each of ticks) filter.accept(each, out)
    return out.map(({ price, bid, ask }) => [price, bid, ask])
  }

  it('omits a missing side, and both sides of a crossed quote', () => {
    const filter = new TickFilter()
    expect(
      shown(filter, quoted(100, 90, 0), quoted(100, 0, 101), quoted(100, 102, 101)),
    ).to.deep.equal([
      [100, 90, undefined],
      [100, undefined, 101],
      [100, undefined, undefined],
    ])
  })

  it('lets a quote pass before the first trade, and nothing where there is neither', () => {
    const filter = new TickFilter()
    expect(shown(filter, quoted(0, 90, 91), quoted(NaN, 89, 91), quoted(0, 0, 0))).to.deep.equal([
      [NaN, 90, 91],
      [NaN, 89, 91],
    ])
    expect(filter.dropped).to.equal(1)
  })

  it('lets prices at 0 and below pass where the instrument may have them', () => {
    const filter = new TickFilter({ mayBeNegative: name => name === 'CL' })
    const out: Tick[] = []
    for (const price of [6, 0, -3, NaN]) filter.accept(tick(price, 'CL'), out)
    filter.accept(tick(-3, 'ACME'), out)
    expect(out.map(({ price }) => price)).to.deep.equal([6, 0, -3])
    expect(filter.dropped).to.equal(2)
  })

  it('holds a wild bid or ask and lets the other prices of the tick pass', () => {
    const filter = new TickFilter({ maxJumpPct: 10 })
    const ticks = [quoted(100, 99.9, 100.1), quoted(101, 0.01, 199_999), quoted(102, 99.8, 100.2)]
    expect(shown(filter, ...ticks)).to.deep.equal([
      [100, 99.9, 100.1],
      [101, 99.9, 100.1],
      [102, 99.8, 100.2],
    ])
    expect([filter.dropped, filter.held]).to.deep.equal([2, 0])
  })

  it('shows a held bid with the last good other prices once the next bid confirms it', () => {
    const filter = new TickFilter({ maxJumpPct: 10 })
    const ticks = [quoted(100, 99.9, 100.1), quoted(100, 80, 300), quoted(99, 79.9, 100.2)]
    expect(shown(filter, ...ticks)).to.deep.equal([
      [100, 99.9, 100.1],
      [100, 99.9, 100.1],
      [100, 80, 100.1],
      [99, 79.9, 100.2],
    ])
  })

  it('keeps holding a bid while ticks arrive that have none', () => {
    const filter = new TickFilter({ maxJumpPct: 10 })
    expect(shown(filter, quoted(100, 99.9, 100.1), quoted(100, 80, 100.1), tick(99))).to.deep.equal(
      [
        [100, 99.9, 100.1],
        [100, 99.9, 100.1],
        [99, undefined, undefined],
      ],
    )
    expect(filter.heldTick(instrumentId('ACME'))).to.include({ bid: 80 })
  })

  it('treats the copy of a held tick as no confirmation', () => {
    const filter = new TickFilter({ maxJumpPct: 2 })
    const print = (price: number, ts: number, size: number): Tick => ({ ...tick(price), ts, size })
    const out: Tick[] = []
    const wild = print(114.6, 7, 125_984)
    for (const each of [print(109.4, 3, 1), wild, { ...wild }]) filter.accept(each, out)
    expect([out.length, filter.held]).to.deep.equal([1, 1])
    filter.accept(print(109.41, 8, 200), out)
    expect(out.map(({ price }) => price)).to.deep.equal([109.4, 109.41])
  })
})
