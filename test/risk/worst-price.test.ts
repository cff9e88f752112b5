import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { catchUp } from '../../src/risk/catch-up.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import type { Ratchet } from '../../src/risk/watched-state.ts'
import { aPosition, aRuleSet } from '../support/builders.ts'
import { SoloDispatcher } from '../support/solo-dispatcher.ts'

const TRAIL = aRuleSet({ trailingStop: { distancePct: 10 } })

describe('The worst price of a position', () => {
  let dispatcher: SoloDispatcher
  let at: number
  /** Monitors that answer at once; else their positions stay pending. */
  let isAwake: boolean

  beforeEach(() => {
    at = 0
    isAwake = true
    const wake = (watched: WatchedPosition): void => {
      if (isAwake) dispatcher.commit(watched, catchUp(watched, dispatcher.now))
    }
    dispatcher = new SoloDispatcher({
      wake,
      exit: () => undefined,
      segmentLimit: 4,
      staleMs: 1_000,
    })
  })

  const open = (changes: Partial<Position> = {}, ratchet?: Ratchet): WatchedPosition => {
    const watched = dispatcher.open(aPosition(changes), TRAIL, ratchet)
    dispatcher.advance(at)
    dispatcher.commit(watched, catchUp(watched, at))
    return watched
  }

  const tick = (...prices: number[]): void => {
    for (const price of prices) {
      dispatcher.tick({ instrument: instrumentId('ACME'), ts: ++at, price }, at)
    }
  }

  const worstOf = (watched: WatchedPosition): number | undefined => watched.ratchet().worst

  it('is unknown for ever where an earlier version guarded the position and stored none', () => {
    const watched = open({}, { best: 110 })
    tick(105, 101)
    expect(worstOf(watched)).to.equal(undefined)
  })

  it('counts no price from before the position was guarded, or opens', () => {
    const first = open()
    tick(91, 99)
    const later = open({ id: positionId('p2'), side: 'short' })
    const coming = open({ id: positionId('p3'), openedAt: at + 3 })
    tick(95, 104, 98, 97, 99)
    expect([first, later, coming].map(worstOf)).to.deep.equal([91, 104, 97])
  })

  it('is the entry price, or the price that is there already, before another price comes', () => {
    expect(worstOf(open())).to.equal(100)
    tick(96)
    expect(worstOf(open({ id: positionId('p2') }))).to.equal(96)
  })

  it('counts prices while the monitor is asleep, is behind, or arms again, and after segments were forgotten', () => {
    const watched = open()
    tick(98, 97)
    expect(worstOf(watched)).to.equal(97)
    isAwake = false
    tick(105, 95.5, 99)
    expect(worstOf(watched)).to.equal(95.5)
    isAwake = true
    dispatcher.commit(watched, catchUp(watched, at))
    tick(106, 107, 108, 109, 110, 111, 112, 113, 112)
    expect(worstOf(watched)).to.equal(95.5)
  })

  it('has the price that decided, and those until the position is over', () => {
    const watched = open()
    tick(89)
    expect([watched.closed, worstOf(watched)]).to.deep.equal([true, 89])
    const other = open({ id: positionId('p2'), entryPrice: 88 })
    tick(87)
    expect([worstOf(watched), worstOf(other)]).to.deep.equal([87, 87])
  })
})
