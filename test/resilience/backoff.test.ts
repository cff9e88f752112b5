import { expect } from 'chai'
import fc from 'fast-check'
import {
  alive,
  backoffOptions,
  freshBackoff,
  grownMs,
  nextDelay,
  type BackoffState,
} from '../../src/resilience/backoff.ts'

const policy = backoffOptions.parse({ jitter: 0 })

/** Delays of `count` consecutive failures without a stable run in between. */
function delays(count: number, options: object = {}, random = 0.5): number[] {
  let state: BackoffState = freshBackoff
  return Array.from({ length: count }, () => {
    const [next, delayMs] = nextDelay({ ...policy, ...options }, state, 0, random)
    state = next
    return delayMs
  })
}

const pathsOf = (options: object): string[] =>
  backoffOptions.safeParse(options).error?.issues.map(({ path }) => path.join('.')) ?? []

describe('backoff', () => {
  it('starts at once after a first failure, then grows up to the longest delay', () => {
    expect(delays(10)).to.deep.equal([0, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000])
  })

  it('caps after jitter', () => {
    expect(delays(2, { initialMs: 1000, maxMs: 1000, jitter: 0.5 }, 0.99)).to.deep.equal([0, 1000])
  })

  it('still spreads delays that have reached the cap', () => {
    expect(grownMs({ initialMs: 1, factor: 2, maxMs: 100, jitter: 0.2 }, 5_000, 0)).to.equal(80)
  })

  it('keeps growing after a run that was too short', () => {
    const down = nextDelay(policy, nextDelay(policy, freshBackoff, 0, 0)[0], 0, 0)[0]
    const up = alive(policy, down, 1_000)
    expect(nextDelay(policy, up, 60_999, 0)[1]).to.equal(400)
  })

  it('resets after a run of resetAfterMs, detected during it or at its end', () => {
    const down = nextDelay(policy, nextDelay(policy, freshBackoff, 0, 0)[0], 0, 0)[0]
    const up = alive(policy, down, 1_000)
    expect(nextDelay(policy, up, 61_000, 0)[1]).to.equal(0)
    expect(alive(policy, up, 61_000).failures).to.equal(0)
  })

  it('does not add the durations of runs before and after a failure', () => {
    let state = alive(policy, nextDelay(policy, freshBackoff, 0, 0)[0], 0)
    state = alive(policy, nextDelay(policy, state, 50_000, 0)[0], 50_000)
    expect(nextDelay(policy, state, 100_000, 0)[1]).to.equal(400)
  })

  it('names the path of every fault', () => {
    expect(pathsOf({ initialMs: 0, factor: 0.5, jitter: 1.1 })).to.deep.equal([
      'initialMs',
      'factor',
      'jitter',
    ])
    expect(pathsOf({ resetAfterMs: -1, maxMs: 100 })).to.include('resetAfterMs')
    expect(pathsOf({ maxMs: 100, initialMs: 200 })).to.deep.equal(['maxMs'])
    expect(pathsOf({ more: 1 })).to.have.length(1)
  })

  it('never leaves the band of its jitter, nor the cap, and never shrinks', () => {
    const growths = fc.record({
      initialMs: fc.integer({ min: 1, max: 1000 }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      maxMs: fc.integer({ min: 1000, max: 1_000_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(growths, fc.integer({ min: 1, max: 10_000 }), random, (growth, attempt, r) => {
        const plainMs = grownMs({ ...growth, jitter: 0 }, attempt, r)
        const ms = grownMs(growth, attempt, r)
        expect(ms).to.be.at.most(growth.maxMs)
        expect(ms).to.be.within(
          plainMs * (1 - growth.jitter) - 1e-6,
          plainMs * (1 + growth.jitter) + 1e-6,
        )
        expect(grownMs(growth, attempt + 1, r)).to.be.at.least(ms)
      }),
    )
  })
})
