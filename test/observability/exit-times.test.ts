import { expect } from 'chai'
import { positionId } from '../../src/domain/ids.ts'
import { ExitTimes } from '../../src/observability/exit-times.ts'
import type { FollowedExit } from '../../src/ports/telemetry.ts'
import { aFollowedExit } from '../support/followed-exit.ts'

const P1 = positionId('p1')

describe('ExitTimes', () => {
  let mono: number
  let measured: [string, number][]
  let times: ExitTimes
  const exit: FollowedExit = aFollowedExit()

  beforeEach(() => {
    mono = 100
    measured = []
    times = new ExitTimes({
      now: () => 9_000,
      monotonic: () => mono,
      measure: (stretch, ms) => measured.push([stretch, ms]),
    })
  })

  const passed = (ms: number): void => void (mono += ms)

  it('measures each phase once, however often it is reported', () => {
    times.decided(exit, 2)
    passed(30)
    times.decided(exit, 40)
    passed(5)
    times.intended(exit)
    passed(7)
    for (const attempt of [1, 2]) times.acknowledged({ ...exit, attempt })
    passed(1)
    times.ended(P1, { outcome: 'filled' }, exit)
    expect(measured).to.deep.equal([
      ['exit.decided', 2],
      ['exit.intended', 37],
      ['exit.acknowledged', 42],
      ['exit.filled', 43],
    ])
  })

  it('uses a fill as the acknowledgement where there was none before it', () => {
    times.decided(exit, 0)
    passed(4)
    times.ended(P1, { outcome: 'filled' }, exit)
    expect(measured.slice(1)).to.deep.equal([
      ['exit.acknowledged', 4],
      ['exit.filled', 4],
    ])
  })

  it('measures an exit of an earlier process by the wall clock, as far as it can', () => {
    times.acknowledged(exit)
    times.ended(P1, { outcome: 'filled' }, { ...exit, intendedAt: 8_000 })
    expect(measured).to.deep.equal([['exit.filled', 1_000]])
  })

  it('measures no decision without a tick, and no end without a fill', () => {
    times.decided({ ...exit, decision: { ...exit.decision, tick: null } }, 0)
    times.ended(P1, { outcome: 'gone' }, exit)
    expect(measured).to.deep.equal([])
  })

  it('starts anew with the next generation of an id', () => {
    times.decided(exit, 1)
    times.decided({ ...exit, generation: 2 }, 3)
    expect(measured).to.deep.equal([
      ['exit.decided', 1],
      ['exit.decided', 3],
    ])
  })
})
