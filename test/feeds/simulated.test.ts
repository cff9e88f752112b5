import { expect } from 'chai'
import fc from 'fast-check'
import sinon from 'sinon'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import {
  SIMULATED_MARKET,
  simulatedFeed,
  simulatedMarket,
  type SimulatedInstrument,
} from '../../src/feeds/simulated.ts'

const MINUTE = 60_000

const anInstrument = (but: Partial<SimulatedInstrument> = {}): SimulatedInstrument => ({
  instrument: instrumentId('ACME'),
  price: 100,
  tickSize: 0.05,
  volatility: 0.5,
  ticksPerSecond: 10,
  ...but,
})

const market = (seed: number, ...instruments: SimulatedInstrument[]) =>
  simulatedMarket({ instruments, seed, from: 0 })

/** A double cannot be nearer to its tick than its own rounding. */
const isOnGrid = (price: number, tickSize: number): boolean => {
  const ticks = price / tickSize
  return Math.abs(ticks - Math.round(ticks)) < Math.max(1e-6, 2 * Number.EPSILON * ticks)
}

describe('simulatedMarket', () => {
  it('gives the same ticks for the same seed, however time is cut into steps', () => {
    const step = fc.array(fc.nat({ max: 5000 }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.integer(), step, (seed, steps) => {
        const instruments = [anInstrument(), anInstrument({ instrument: instrumentId('B') })]
        const whole = market(seed, ...instruments)
        const parts = market(seed, ...instruments)
        const total = steps.reduce((sum, ms) => sum + ms, 0)
        const cut = steps.flatMap(ms => parts.next(ms))
        // An empty list of steps takes no step at all, not even to time 0.
        if (steps.length === 0) return
        const of = (name: string, ticks: Tick[]) => ticks.filter(t => t.instrument === name)
        const once = whole.next(total)
        for (const name of ['ACME', 'B']) {
          expect(of(name, cut)).to.deep.equal(of(name, once))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('gives other prices for another seed', () => {
    const prices = (seed: number) => market(seed, anInstrument()).next(MINUTE)
    expect(prices(1)).to.not.deep.equal(prices(2))
  })

  it('keeps every price on the grid and above zero, with the bid below the ask', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(0.00001, 0.01, 0.05, 0.1, 0.25, 1, 5),
        fc.integer({ min: 1, max: 1000 }),
        fc.constantFrom(0.01, 1, 50, 500),
        (seed, tickSize, steps, volatility) => {
          const price = steps * tickSize
          const spread = 2 * tickSize
          const walk = market(seed, anInstrument({ tickSize, price, volatility, spread }))
          const wrong = walk.next(5 * MINUTE).filter(({ price, bid, ask }) => {
            const all = [price, bid!, ask!]
            if (!all.every(one => one > 0 && isOnGrid(one, tickSize))) return true
            // At the lowest price of the grid the bid has no room below.
            return !(bid! <= price && price < ask!)
          })
          expect(wrong).to.deep.equal([])
        },
      ),
      { numRuns: 30, examples: [[1_273_714_302, 0.000_01, 435, 500]] },
    )
  })

  it('keeps about the asked number of ticks, in order of time and inside the step', () => {
    const walk = market(3, anInstrument({ ticksPerSecond: 20 }))
    const first = walk.next(MINUTE)
    const second = walk.next(MINUTE)
    expect(first.length + second.length).to.be.within(2000, 20_000)
    const times = [...first, ...second].map(({ ts }) => ts)
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b))
    expect(first.at(-1)!.ts).to.be.at.most(MINUTE)
    expect(second[0]!.ts).to.be.at.least(MINUTE)
  })

  it('stays within range of its start for days', () => {
    const walk = market(5, anInstrument({ ticksPerSecond: 0.5 }))
    for (let hour = 0; hour < 72; hour++) {
      const { price } = walk.next(60 * MINUTE).at(-1)!
      expect(price).to.be.within(30, 300)
    }
  })

  it('moves every instrument of the demo past a stop or a target within ten minutes', () => {
    const goals: Record<string, number> = { EURUSD: 0.15, NIFTY: 0.3, 'NIFTY24NOV-C24500': 12 }
    for (const seed of [1, 2, 3]) {
      const ticks = market(seed, ...SIMULATED_MARKET).next(10 * MINUTE)
      for (const { instrument, price } of SIMULATED_MARKET) {
        const prices = ticks.filter(t => t.instrument === instrument).map(t => t.price)
        const pct = Math.max(...prices.map(p => Math.abs(p / price - 1) * 100))
        expect(pct, `${instrument} with seed ${seed}`).to.be.above(goals[instrument] ?? 0.5)
      }
    }
  })
})

describe('simulatedFeed', () => {
  let clock: sinon.SinonFakeTimers
  let ticks: Tick[]

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000, toFake: ['setInterval', 'clearInterval'] })
    ticks = []
  })
  afterEach(() => clock.restore())

  const feed = (but: { now?: () => number } = {}) =>
    simulatedFeed({
      instruments: [anInstrument({ ticksPerSecond: 100 })],
      seed: 1,
      intervalMs: 100,
      now: () => clock.now,
      onTick: tick => ticks.push(tick),
      ...but,
    })

  it('has a first price of every instrument as soon as it starts', () => {
    simulatedFeed({ seed: 1, now: () => clock.now, onTick: tick => ticks.push(tick) }).start()
    expect(ticks.map(({ instrument }) => instrument)).to.include.members(
      SIMULATED_MARKET.map(({ instrument }) => instrument),
    )
    expect(ticks[0]!.ts).to.equal(1_000_000)
  })

  it('delivers the ticks of the time that has passed, and none after it is stopped', () => {
    const live = feed()
    live.start()
    clock.tick(1000)
    live.stop()
    const plain = simulatedMarket({
      instruments: [anInstrument({ ticksPerSecond: 100 })],
      seed: 1,
      from: 1_000_000,
    })
    expect(ticks).to.deep.equal(plain.next(1000))
    clock.tick(1000)
    expect(ticks.at(-1)!.ts).to.be.at.most(1_001_000)
  })

  it('makes up for a late timer, but for no more than its bound', () => {
    let late = 0
    feed({ now: () => clock.now + late }).start()
    late = 500
    clock.tick(100)
    expect(ticks.length).to.be.above(30)
    const before = ticks.length
    late = 3_600_000
    clock.tick(100)
    expect(ticks.length - before).to.be.below(2000)
    const now = clock.now + late
    expect(ticks[before]!.ts).to.be.within(now - 1100, now)
  })

  it('continues at the present time after a pause and after a clock that was set back', () => {
    let shift = 0
    const live = feed({ now: () => clock.now + shift })
    live.start()
    clock.tick(1000)
    live.stop()
    clock.tick(60_000)
    const paused = ticks.length
    live.start()
    clock.tick(500)
    expect(ticks[paused]!.ts).to.be.at.least(1_061_000)
    const moved = ticks.length
    shift = -30_000
    clock.tick(500)
    expect(ticks.length).to.be.above(moved)
    expect(ticks.at(-1)!.ts).to.be.at.most(clock.now + shift)
  })
})
