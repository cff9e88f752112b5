import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { StoredExtremes } from '../../src/domain/stored-extremes.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import type { Ratchet, Since } from '../../src/risk/watched-state.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

const ACME = { instrument: instrumentId('ACME'), view: 'trade' as const }
const TRAIL = aRuleSet({ trailingStop: { distancePct: 10 } })

describe('Dispatcher', () => {
  let dispatcher: SoloDispatcher
  let decided: [string, number | null][]
  let at: number

  beforeEach(() => {
    decided = []
    at = 0
    const act = (watched: WatchedPosition): void => {
      const outcome = catchUp(watched, dispatcher.now)
      if (outcome.kind === 'exit') {
        decided.push([outcome.decision.positionId, outcome.decision.level])
      }
      dispatcher.commit(watched, outcome)
    }
    dispatcher = new SoloDispatcher({ wake: act, exit: () => undefined, segmentLimit: 4 })
  })

  const open = (position = aPosition(), rules = TRAIL, ratchet?: Ratchet): WatchedPosition => {
    const watched = dispatcher.open(position, rules, ratchet)
    dispatcher.advance(0)
    dispatcher.commit(watched, catchUp(watched, 0))
    return watched
  }

  const tick = (...prices: number[]): void => {
    for (const price of prices) {
      dispatcher.tick({ instrument: instrumentId('ACME'), ts: ++at, price }, at)
    }
  }

  /** The rows of positions, and those of extremes by the numbers of their series, that must be written. */
  const rows = () => {
    const ratchets: [string, Partial<Ratchet & Since>][] = []
    const extremes: [number, Partial<StoredExtremes>][] = []
    dispatcher.takeRatchets({
      ratchet: (watched, row) => ratchets.push([watched.position.id, row]),
      extremes: (series, row) => extremes.push([series, row]),
    })
    return { ratchets, extremes }
  }

  it('takes the stricter of the entry price and a restored best price', () => {
    open(aPosition({ id: positionId('long') }), TRAIL, { best: 150 })
    open(aPosition({ id: positionId('worse') }), TRAIL, { best: 50 })
    open(aPosition({ id: positionId('short'), side: 'short' }), TRAIL, { best: 60 })
    tick(91)
    expect(decided).to.deep.equal([
      ['long', 135],
      ['short', 66],
    ])
  })

  it('reports each ratchet once, also of a position that sleeps inside its band', () => {
    open()
    tick(101)
    expect(rows().ratchets).to.deep.equal([['p1', { best: 101, worst: 100, series: 1, mark: 0 }]])
    tick(101, 101)
    expect(rows().extremes.length).to.equal(1)
    tick(101, 101)
    expect(rows()).to.deep.equal({ ratchets: [], extremes: [] })
    tick(101.5)
    expect(rows()).to.deep.equal({
      ratchets: [],
      extremes: [[1, { ...ACME, segment: 0, high: 101.5, low: 101, highs: [], lows: [] }]],
    })
  })

  it('restores the base of an underlying rule', () => {
    const rules = aRuleSet({ underlying: { instrument: 'ACME', risePct: 10 } })
    open(aPosition({ instrument: instrumentId('OPTION') }), rules, { best: 100, anchor: 50 })
    tick(55)
    expect(decided).to.deep.equal([['p1', 55]])
  })

  it('keeps few segments however often positions arm', () => {
    const watched = open(aPosition(), aRuleSet({ stopLoss: { pct: 50 }, takeProfit: { pct: 0.2 } }))
    const armings = Array.from({ length: 50 }, (_, index) =>
      open(
        aPosition({ id: positionId(`q${index}`) }),
        aRuleSet({ stopLoss: { price: 50 - index } }),
      ),
    )
    for (const { position } of armings) {
      open(aPosition({ id: positionId(`${position.id}b`) }))
      tick(99.5 - at / 100)
    }
    expect(watched.own.stream.extremes.size).to.be.at.most(5)
    expect(watched.bestNow()).to.equal(100)
  })
})
