import { expect } from 'chai'
import fc from 'fast-check'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { signOf } from '../../src/domain/position.ts'
import { bestSince, type StoredExtremes } from '../../src/domain/stored-extremes.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { RatchetSink } from '../../src/risk/stream-part.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import type { Ratchet, Since } from '../../src/risk/watched-state.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { runs } from '../support/runs.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

const ACME = instrumentId('ACME')
/** Moves with every price; never exits in these tests. */
const RULES = aRuleSet({ trailingStop: { distance: 1_000 } })

type Row = Ratchet & Partial<Since>

/** A store that takes rows as they come, and a dispatcher whose monitors run at once unless they are held. */
class Bench {
  readonly positions: WatchedPosition[] = []
  readonly rows = new Map<WatchedPosition, Row>()
  readonly extremes = new Map<number, StoredExtremes>()
  /** Best price of each position by a plain scan, mirrored: now, and when all rows were last stored. */
  readonly best = new Map<WatchedPosition, number>()
  readonly storedBest = new Map<WatchedPosition, number>()
  private readonly restoredBefore = new Map<WatchedPosition, number>()
  isHeld = false
  private readonly waiting = new Set<WatchedPosition>()
  private readonly dispatcher: SoloDispatcher
  private at = 0

  constructor() {
    this.dispatcher = new SoloDispatcher({ wake: watched => this.waiting.add(watched), exit: fail })
  }

  open(side: 'long' | 'short', opensIn: number): void {
    const { dispatcher, at, positions } = this
    dispatcher.advance(at)
    const position = aPosition({
      id: positionId(`p${positions.length}`),
      side,
      openedAt: at + opensIn,
    })
    const watched = dispatcher.open(position, RULES)
    positions.push(watched)
    this.best.set(watched, watched.sign * position.entryPrice)
    this.waiting.add(watched)
    this.run()
  }

  close(index: number): void {
    const watched = this.positions[index % this.positions.length]
    if (watched !== undefined) this.dispatcher.close(watched)
  }

  tick(price: number): void {
    this.at++
    for (const watched of this.positions) {
      if (this.at < watched.openedAt || watched.closed) continue
      this.best.set(watched, Math.max(this.best.get(watched)!, watched.sign * price))
    }
    this.dispatcher.tick({ instrument: ACME, ts: this.at, price }, this.at)
    this.run()
  }

  /** From now on every monitor is behind. */
  hold(): void {
    this.isHeld = true
    for (const watched of this.positions) {
      this.dispatcher.suspend(watched)
      this.waiting.add(watched)
    }
  }

  release(): void {
    this.isHeld = false
    this.run()
  }

  private run(): void {
    if (this.isHeld) return
    for (const watched of this.waiting) {
      this.dispatcher.commit(watched, catchUp(watched, this.dispatcher.now))
    }
    this.waiting.clear()
  }

  /** Stores what must be written; a kill comes before the rows of one of the two kinds. */
  store(lost?: 'ratchets' | 'extremes'): number {
    let count = 0
    const sink: RatchetSink<WatchedPosition> = {
      ratchet: (watched, row) => {
        count++
        if (lost !== 'ratchets') this.rows.set(watched, row)
      },
      extremes: (series, row) => {
        count++
        if (lost !== 'extremes') this.extremes.set(series, JSON.parse(JSON.stringify(row)) as never)
      },
    }
    this.dispatcher.takeRatchets(sink)
    if (lost === undefined && !this.isHeld) {
      for (const [watched, best] of this.best) this.storedBest.set(watched, best)
    }
    return count
  }

  /** Best price, mirrored, that a process would start from. */
  restored(watched: WatchedPosition): number {
    const { side, entryPrice } = watched.position
    const sign = signOf(side)
    const row = this.rows.get(watched)
    if (row === undefined) return sign * entryPrice
    const extremes = this.extremes.get(row.series ?? 0)
    const counted = extremes === undefined ? -Infinity : bestSince(extremes, row.mark!, sign)
    return Math.max(sign * entryPrice, sign * row.best, counted)
  }

  /** Asserts that no position is restored looser than before, or than when all was stored, or stricter than its prices. */
  check(): void {
    for (const watched of this.positions) {
      if (watched.closed) continue
      const restored = this.restored(watched)
      expect(restored).to.be.at.least(this.restoredBefore.get(watched) ?? -Infinity)
      expect(restored).to.be.at.least(this.storedBest.get(watched) ?? -Infinity)
      expect(restored).to.be.at.most(this.best.get(watched)!)
      this.restoredBefore.set(watched, restored)
    }
  }
}

function fail(): never {
  throw new Error('found an exit, expected none')
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('tick'), price: fc.integer({ min: 60, max: 140 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('open'),
      side: fc.constantFrom('long', 'short'),
      opensIn: fc.constantFrom(0, 0, 3),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'store' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hold'), isHeld: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close'), index: fc.nat(9) }) },
) as fc.Arbitrary<
  | { kind: 'tick'; price: number }
  | { kind: 'open'; side: 'long' | 'short'; opensIn: number }
  | { kind: 'store' }
  | { kind: 'hold'; isHeld: boolean }
  | { kind: 'close'; index: number }
>

describe('StoredSeries', () => {
  it('restores each position no looser than it was stored, and no stricter than its prices, wherever a kill comes', () => {
    const lost = fc.constantFrom('ratchets' as const, 'extremes' as const)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), lost, (steps, last) => {
        const bench = new Bench()
        for (const each of steps) {
          switch (each.kind) {
            case 'tick':
              bench.tick(each.price)
              break
            case 'open':
              bench.open(each.side, each.opensIn)
              break
            case 'store':
              bench.store()
              break
            case 'hold':
              if (each.isHeld) bench.hold()
              else bench.release()
              break
            case 'close':
              bench.close(each.index)
          }
          bench.check()
        }
        bench.store(last)
        bench.check()
      }),
      { numRuns: runs(300) },
    )
  })

  it('writes one row for a new extreme, however many positions it concerns', () => {
    const bench = new Bench()
    for (let count = 0; count < 1_000; count++) bench.open('long', 0)
    bench.tick(101)
    expect(bench.store()).to.equal(1_001)
    bench.tick(102)
    expect(bench.store()).to.equal(1)
    for (const watched of bench.positions) expect(bench.restored(watched)).to.equal(102)
  })

  it('writes no row for a new low of longs, or a new high of shorts', () => {
    const bench = new Bench()
    bench.open('long', 0)
    bench.tick(101)
    bench.store()
    bench.tick(101)
    bench.store()
    bench.tick(90)
    expect(bench.store()).to.equal(0)
    bench.open('short', 0)
    expect(bench.store()).to.equal(2)
    bench.tick(80)
    expect(bench.store()).to.equal(1)
    bench.close(0)
    bench.tick(120)
    expect(bench.store()).to.equal(0)
  })

  it('writes no row before the first price, and none where no price is a new extreme', () => {
    const bench = new Bench()
    bench.open('long', 0)
    expect(bench.store()).to.equal(0)
    bench.tick(101)
    bench.tick(99)
    bench.store()
    bench.tick(100)
    bench.store()
    bench.tick(100)
    expect(bench.store()).to.equal(0)
  })

  it('keeps few segments however many positions come at ever new prices, and stores each again', () => {
    const bench = new Bench()
    for (let count = 0; count < 150; count++) {
      bench.tick(1_000 - count)
      bench.open('long', 0)
      bench.store()
      bench.check()
    }
    const { series } = bench.positions[0]!.own.stream
    expect(series.stored().highs.length).to.be.at.most(65)
    expect(series.number).to.be.greaterThan(1)
    for (const watched of bench.positions)
      expect(bench.restored(watched)).to.equal(bench.best.get(watched))
  })

  it('loosens no stored position whose monitor is behind while a new series begins', () => {
    const bench = new Bench()
    bench.open('long', 0)
    bench.tick(120)
    bench.store()
    bench.hold()
    bench.tick(200)
    bench.store()
    expect(bench.restored(bench.positions[0]!)).to.equal(200)
    for (let count = 1; count < 100; count++) {
      bench.tick(200 - count)
      bench.open('short', 0)
      bench.store()
    }
    expect(bench.positions[0]!.own.stream.series.number).to.be.greaterThan(1)
    expect(bench.restored(bench.positions[0]!)).to.equal(200)
  })

  it('stores a position again when the base of its underlying rule becomes known', () => {
    const dispatcher = new SoloDispatcher({ wake: () => undefined, exit: fail })
    const option = aPosition({ instrument: instrumentId('OPTION') })
    const watched = dispatcher.open(
      option,
      aRuleSet({ underlying: { instrument: 'ACME', risePct: 10 } }),
    )
    const rows: Row[] = []
    const take = () =>
      dispatcher.takeRatchets({ ratchet: (_, row) => rows.push(row), extremes: () => undefined })
    const tick = (instrument: string, price: number, at: number): void => {
      dispatcher.tick({ instrument: instrumentId(instrument), ts: at, price }, at)
      dispatcher.suspend(watched)
      dispatcher.commit(watched, catchUp(watched, dispatcher.now))
    }
    dispatcher.commit(watched, catchUp(watched, 0))
    tick('OPTION', 100, 1)
    take()
    tick('ACME', 50, 2)
    take()
    expect(rows.map(({ anchor }) => anchor)).to.deep.equal([undefined, 50])
  })
})
