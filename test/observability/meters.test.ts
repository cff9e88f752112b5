import { expect } from 'chai'
import { Meters } from '../../src/observability/meters.ts'
import type { EventTotals } from '../../src/ports/telemetry.ts'
import { until } from '../support/until.ts'

describe('Meters', () => {
  let mono: number
  let meters: Meters
  let events: { [Name in keyof EventTotals]: Map<string, number> }

  beforeEach(() => {
    mono = 0
    meters = new Meters({ now: () => 1_000 + mono, monotonic: () => mono })
    events = { exitsIntended: new Map(), errors: new Map() }
  })
  afterEach(() => meters.stop())

  const cycle = (ms: number, positions = 1): void =>
    meters.cycle({ positions, events }, profiler => {
      profiler.phase('health', () => void (mono += ms))
    })

  /** Count and sum of the histogram of cycles, which Prometheus scrapes. */
  const scraped = async (): Promise<[count: number, seconds: number]> => {
    const text = await meters.board.registry.getSingleMetricAsString('watchkeeper_cycle_seconds')
    const valueOf = (end: string): number =>
      Number(new RegExp(`^watchkeeper_cycle_seconds_${end} (.*)$`, 'm').exec(text)?.[1])
    return [valueOf('count'), valueOf('sum')]
  }

  it('measures a cycle that throws like any other, and rethrows', () => {
    expect(() =>
      meters.cycle({ positions: 1, events }, () => {
        mono += 4
        throw new Error('broken')
      }),
    ).to.throw('broken')
    expect(meters.cycles.getMetrics().cycles).to.deep.equal({ count: 1, empty: 0, failed: 1 })
    expect(meters.cyclesRun).to.deep.include({ ok: 0, failed: 1 })
    expect(meters.recentCycleMs).to.equal(4)
  })

  it('shows one duration of a cycle in its report, in its percentiles and to Prometheus', async () => {
    for (const ms of [3, 5, 16]) cycle(ms)
    const { cycleTime } = meters.cycles.getMetrics()
    expect(cycleTime).to.deep.equal({ min: 3, max: 16, average: 8, last: 16 })
    const { operations, slowest } = meters.report()
    expect(operations['cycle']?.count).to.equal(3)
    expect(slowest.map(({ ms }) => ms)).to.deep.equal([16, 5, 3])
    expect(await scraped()).to.deep.equal([3, 0.024])
    expect(meters.cyclesRun.phasesMs.get('health')).to.equal(24)
    expect(meters.recentCycleMs).to.equal(8)
  })

  it('keeps what Prometheus reads over a reset of the report', async () => {
    cycle(3, 0)
    meters.reset()
    cycle(5)
    expect(meters.cycles.getMetrics()).to.deep.include({
      cycles: { count: 1, empty: 0, failed: 0 },
      cycleTime: { min: 5, max: 5, average: 5, last: 5 },
    })
    expect(meters.cyclesRun).to.deep.include({ ok: 2, empty: 1, failed: 0 })
    expect(await scraped()).to.deep.equal([2, 0.008])
  })

  it('takes exits and errors from the totals of the account, each once', () => {
    events.exitsIntended.set('stop-loss', 2)
    events.errors.set('timeout', 1)
    cycle(1)
    events.exitsIntended.set('stop-loss', 3)
    meters.count('errors.feed-odd-tick')
    cycle(1)
    cycle(1)
    const { exits, errors } = meters.cycles.getMetrics()
    expect(exits).to.deep.equal({ 'stop-loss': 3 })
    expect(errors).to.deep.equal({ timeout: 1, 'feed-odd-tick': 1 })
    const did = meters.report().slowest.map(each => each.did['exits.stop-loss'] ?? 0)
    expect(did.toSorted()).to.deep.equal([0, 1, 2])
  })

  it('counts a call to the broker once, with its duration', async () => {
    meters.callTook({ group: 'orders', operation: 'placeExit' }, 20)
    cycle(1)
    expect(meters.cycles.getMetrics().apiCalls).to.deep.equal({ total: 1, perCycle: 1 })
    expect(meters.report().operations['call.orders.placeExit']?.count).to.equal(1)
    const text = await meters.board.registry.getSingleMetricAsString(
      'watchkeeper_broker_call_seconds',
    )
    expect(text).to.match(/_count\{group="orders",operation="placeExit"\} 1$/m)
  })

  it('shows the longest delay of the event loop for a minute', async () => {
    mono = 300
    await until(() => meters.loopDelayMs === 280)
    mono = 60_301
    await meters.rollUp()
    expect(meters.loopDelayMs).to.equal(0)
  })
})
