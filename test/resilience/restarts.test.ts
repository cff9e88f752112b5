import { expect } from 'chai'
import fc from 'fast-check'
import {
  freshPace,
  paceRestart,
  recordGiveUp,
  recordRestart,
  restartsWithin,
  supervisionOptions,
  type FleetPace,
  type RestartHistory,
} from '../../src/resilience/restarts.ts'

const policy = { maxRestarts: 2, withinMs: 100 }

function verdicts<Verdict>(
  record: (history: RestartHistory, now: number) => [RestartHistory, Verdict],
  times: readonly number[],
): Verdict[] {
  let history: RestartHistory = []
  return times.map(now => {
    const [next, verdict] = record(history, now)
    history = next
    return verdict
  })
}

const restarts = (times: readonly number[]) =>
  verdicts((history, now) => recordRestart(policy, history, now), times)

const pathsOf = (options: object): string[] =>
  supervisionOptions.safeParse(options).error?.issues.map(({ path }) => path.join('.')) ?? []

describe('restarts', () => {
  it('give up beyond the most within the window, whose edge is inside', () => {
    expect(restarts([0, 50, 100])).to.deep.equal(['restart', 'restart', 'give-up'])
    expect(restarts([0, 50, 101])).to.deep.equal(['restart', 'restart', 'restart'])
  })

  it('give up at the first failure when none is allowed', () => {
    expect(recordRestart({ maxRestarts: 0, withinMs: 1 }, [], 0)[1]).to.equal('give-up')
  })

  it('count as long as they are within the window', () => {
    expect(restartsWithin(policy, [0, 50], 100)).to.equal(2)
    expect(restartsWithin(policy, [0, 50], 101)).to.equal(1)
  })

  it('exit only so many positions, however long the common cause lasts', () => {
    const give = verdicts(
      (history, now) => recordGiveUp({ max: 2, withinMs: 100 }, history, now),
      [0, 0, 10, 90, 100, 190, 300],
    )
    expect(give.map(each => each === 'exit-position')).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
      false,
      true,
    ])
  })

  it('of a fleet are paced, and not delayed when they occur one by one', () => {
    const fleet = { restartsPerSecond: 500 }
    let pace: FleetPace = freshPace
    const delays = [0, 0, 0, 100].map(now => {
      const [next, { delayMs }] = paceRestart(fleet, pace, now)
      pace = next
      return delayMs
    })
    expect(delays).to.deep.equal([0, 2, 4, 0])
  })

  it('of a fleet report a common cause once in each 5 s', () => {
    const fleet = { restartsPerSecond: 10 }
    let pace: FleetPace = freshPace
    const reported = (times: readonly number[]): number =>
      times.filter(now => {
        const [next, { isCommonCause }] = paceRestart(fleet, pace, now)
        pace = next
        return isCommonCause
      }).length
    expect(reported(Array.from({ length: 49 }, () => 0))).to.equal(0)
    expect(reported(Array.from({ length: 100 }, () => 1))).to.equal(1)
    expect(reported([60_000])).to.equal(0)
    expect(reported(Array.from({ length: 49 }, () => 60_000))).to.equal(1)
  })

  it('are no common cause one by one, however slow the limit is', () => {
    expect(paceRestart({ restartsPerSecond: 0.1 }, freshPace, 0)[1].isCommonCause).to.equal(false)
  })

  it('name the path of every fault of their options', () => {
    const monitor = { maxRestarts: -1, withinMs: 0, onGiveUp: 'resume', backoff: { jitter: 2 } }
    expect(pathsOf({ monitor })).to.have.members(
      ['maxRestarts', 'withinMs', 'onGiveUp', 'backoff.jitter'].map(each => `monitor.${each}`),
    )
    expect(pathsOf({ giveUpExits: { max: 0, withinMs: -5 } })).to.deep.equal([
      'giveUpExits.max',
      'giveUpExits.withinMs',
    ])
    expect(pathsOf({ fleet: { restartsPerSecond: 0 } })).to.deep.equal(['fleet.restartsPerSecond'])
    expect(pathsOf({ gateway: { onGiveUp: 'quarantine' } })).to.deep.equal(['gateway.onGiveUp'])
    expect(pathsOf({})).to.deep.equal([])
  })

  it('give up exactly when more than the most lie within one window', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 })
    fc.assert(
      fc.property(gaps, fc.nat(5), fc.integer({ min: 1, max: 200 }), (steps, most, withinMs) => {
        let now = 0
        const times = steps.map(gap => (now += gap))
        const given = verdicts(
          (history, at) => recordRestart({ maxRestarts: most, withinMs }, history, at),
          times,
        )
        given.forEach((verdict, index) => {
          const inside = times.slice(0, index + 1).filter(at => times[index]! - at <= withinMs)
          expect(verdict === 'give-up').to.equal(inside.length > most)
        })
      }),
    )
  })
})
