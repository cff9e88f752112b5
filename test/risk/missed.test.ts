import { expect } from 'chai'
import fc from 'fast-check'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import { backfill, replay } from '../../src/risk/missed.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import type { Ratchet } from '../../src/risk/watched-state.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

const ACME = instrumentId('ACME')
const NOW = 1_000
const RULES = [
  aRuleSet({ trailingStop: { distancePct: 5 }, takeProfit: { pct: 30 } }),
  aRuleSet({ profitLock: { steps: [{ atPct: 5, lockPct: 2 }] }, stopLoss: { pct: 8 } }),
  aRuleSet({ underlying: { instrument: 'ACME', below: 92, above: 125 } }),
]

/** SoloDispatcher and monitors of some positions; a monitor runs when `act` says so. */
class Bench {
  readonly decided: [string, number | null, number | undefined][] = []
  readonly guards: WatchedPosition[]
  readonly dispatcher: SoloDispatcher
  private readonly waiting = new Set<WatchedPosition>()

  constructor(positions: readonly Position[], rules = RULES[0]!, ratchet?: Ratchet) {
    this.dispatcher = new SoloDispatcher({
      wake: watched => this.waiting.add(watched),
      exit: ({ position, decision }) =>
        this.decided.push([position.id, decision!.level, decision!.tick?.price]),
    })
    this.dispatcher.advance(NOW)
    this.guards = positions.map(each => this.dispatcher.open(each, rules, ratchet))
    for (const watched of this.guards) this.waiting.add(watched)
  }

  act(): void {
    for (const watched of this.waiting) {
      if (watched.closed) continue
      const outcome = catchUp(watched, this.dispatcher.now)
      this.dispatcher.commit(watched, outcome)
      if (outcome.kind !== 'exit') continue
      const { positionId: id, level, tick } = outcome.decision
      this.decided.push([id, level, tick?.price])
    }
    this.waiting.clear()
  }

  get bests(): number[] {
    return this.guards.map(watched => watched.sign * watched.bestNow())
  }
}

const tickOf = (price: number, ts: number): Tick => ({ instrument: ACME, ts, price })

describe('prices that were missed', () => {
  it('are never applied to positions that were opened after them', () => {
    const positions = [
      aPosition({ id: positionId('old'), openedAt: 0 }),
      aPosition({ id: positionId('new'), openedAt: 500 }),
    ]
    const bench = new Bench(positions)
    bench.act()
    replay(bench.dispatcher, tickOf(120, 400), NOW)
    bench.act()
    expect(bench.bests).to.deep.equal([120, 100])
    replay(bench.dispatcher, tickOf(90, 499), NOW)
    bench.act()
    expect(bench.decided).to.deep.equal([['old', 114, 90]])
    replay(bench.dispatcher, tickOf(95, 500), NOW)
    bench.act()
    expect(bench.decided.at(-1)).to.deep.equal(['new', 95, 95])
  })

  it('raise the best price when they are too old to decide, and the next tick is evaluated', () => {
    const positions = [
      aPosition({ id: positionId('long') }),
      aPosition({ id: positionId('short'), side: 'short' }),
      aPosition({ id: positionId('young'), openedAt: 900 }),
    ]
    const bench = new Bench(positions)
    bench.act()
    for (const price of [104, 120, 80, 97]) backfill(bench.dispatcher, tickOf(price, 500))
    bench.act()
    expect(bench.decided).to.deep.equal([])
    expect(bench.bests).to.deep.equal([120, 80, 100])
    const taken = new Map<string, Ratchet>()
    bench.dispatcher.takeRatchets({
      ratchet: ({ position }, row) => taken.set(position.id, row),
      extremes: () => undefined,
    })
    expect(taken.get('long')).to.include({ best: 120 })
    bench.dispatcher.tick(tickOf(100, NOW), NOW)
    bench.act()
    expect(bench.decided).to.deep.equal([
      ['long', 114, 100],
      ['short', 84, 100],
    ])
  })

  it('decide for each position as if it were alone with the prices that apply to it', () => {
    const position = fc.record({
      side: fc.constantFrom('long' as const, 'short' as const),
      openedAt: fc.integer({ min: 0, max: 20 }),
      priceSource: fc.constantFrom('trade' as const, 'quote' as const),
    })
    const step = fc.record({ price: fc.integer({ min: 85, max: 130 }), acts: fc.boolean() })
    const scenario = fc.record({
      positions: fc.array(position, { minLength: 1, maxLength: 5 }),
      rules: fc.constantFrom(...RULES),
      steps: fc.array(step, { minLength: 1, maxLength: 20 }),
      old: fc.nat(10),
    })
    fc.assert(
      fc.property(scenario, ({ positions, rules, steps, old }) => {
        const all = positions.map((each, index) =>
          aPosition({ ...each, id: positionId(`p${index}`) }),
        )
        const ticks = steps.map(({ price }, ts) => tickOf(price, ts))
        const together = new Bench(all, rules)
        for (const [ts, tick] of ticks.entries()) {
          if (ts < old) backfill(together.dispatcher, tick)
          else replay(together.dispatcher, tick, NOW)
          if (steps[ts]!.acts) together.act()
        }
        together.act()
        const alone = all.map(each => {
          const seen = ticks.filter(({ ts }) => ts >= each.openedAt)
          const missed = seen.filter(({ ts }) => ts < old)
          const bests = [each.entryPrice, ...missed.map(({ price }) => price)]
          const best = each.side === 'long' ? Math.max(...bests) : Math.min(...bests)
          const bench = new Bench([each], rules, { best })
          bench.act()
          for (const tick of seen.filter(({ ts }) => ts >= old)) {
            bench.dispatcher.tick(tick, NOW)
            bench.act()
          }
          return bench
        })
        const byId = (a: [string, ...unknown[]], b: [string, ...unknown[]]): number =>
          a[0] < b[0] ? -1 : 1
        expect(together.decided.toSorted(byId)).to.deep.equal(alone.flatMap(each => each.decided))
        const open = (bench: Bench): [string, number][] =>
          bench.guards
            .filter(({ closed }) => !closed)
            .map(watched => [watched.position.id, watched.bestNow()])
        expect(open(together)).to.deep.equal(alone.flatMap(open))
      }),
      { numRuns: 2_000 },
    )
  })
})
