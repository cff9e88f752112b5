import { expect } from 'chai'
import { Profiler } from '../../src/observability/profiler.ts'

describe('Profiler', () => {
  let mono: number
  let profiler: Profiler

  beforeEach(() => {
    mono = 0
    profiler = new Profiler({ monotonic: () => mono, now: () => 1_000 + mono, slowest: 2 })
  })

  const cycle = (ms: number): void => profiler.profileCycle(() => void (mono += ms))

  it('measures a cycle that throws, and rethrows', () => {
    expect(() =>
      profiler.profileCycle(() => {
        mono += 7
        throw new Error('broken')
      }),
    ).to.throw('broken')
    expect(profiler.slowest).to.deep.equal([
      { at: 1_007, ms: 7, phases: {}, did: {}, hasFailed: true },
    ])
    cycle(1)
    expect(profiler.totals()['cycle']?.count).to.equal(2)
  })

  it('adds the time of nested phases, and of one that comes twice', () => {
    profiler.profileCycle(() => {
      profiler.phase('prices', () => {
        mono += 3
        profiler.phase('stale', () => void (mono += 2))
      })
      profiler.phase('stale', () => void (mono += 1))
    })
    expect(profiler.slowest[0]?.phases).to.deep.equal({ prices: 5, stale: 3 })
  })

  it('records what a cycle has done, as reported at its end', () => {
    let calls = 0
    profiler.profileCycle(
      () => void (calls = 4),
      () => ({ apiCalls: calls }),
    )
    expect(profiler.slowest[0]?.did).to.deep.equal({ apiCalls: 4 })
  })

  it('runs a phase outside a cycle without measuring it', () => {
    expect(profiler.phase('alone', () => 5)).to.equal(5)
    expect(profiler.totals()).to.deep.equal({})
  })

  it('remembers the slowest cycles, slowest first', () => {
    for (const ms of [5, 9, 1, 7]) cycle(ms)
    expect(profiler.slowest.map(({ ms }) => ms)).to.deep.equal([9, 7])
  })

  it('gives percentiles within a thousandth, in ms', () => {
    for (let ms = 1; ms <= 1_000; ms++) profiler.measure('call', ms)
    const { p50, p99, max, mean, count } = profiler.totals()['call']!
    const isNear = (value: number, wanted: number): boolean =>
      Math.abs(value - wanted) <= wanted / 500
    expect([isNear(p50, 500), isNear(p99, 990), isNear(max, 1_000)]).to.deep.equal([
      true,
      true,
      true,
    ])
    expect([isNear(mean, 500.5), count]).to.deep.equal([true, 1_000])
  })

  it('counts each interval once', () => {
    cycle(3)
    expect(profiler.takeInterval().operations['cycle']?.count).to.equal(1)
    expect(profiler.takeInterval().operations).to.deep.equal({})
    expect(profiler.totals()['cycle']?.count).to.equal(1)
  })
})
