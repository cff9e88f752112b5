import { expect } from 'chai'
import { PerformanceHistory } from '../../src/observability/history.ts'
import { Profiler } from '../../src/observability/profiler.ts'
import { MemoryStore } from '../../src/stores/memory.ts'

const MINUTE = 60_000

describe('PerformanceHistory', () => {
  let now: number
  let store: MemoryStore
  let profiler: Profiler
  let history: PerformanceHistory

  beforeEach(async () => {
    now = 1_000_000 * 60 * MINUTE
    store = new MemoryStore()
    await store.claim('me', 60_000)
    profiler = new Profiler({ monotonic: () => now, now: () => now })
    history = await PerformanceHistory.open(store, now)
  })

  async function pass(minutes: number): Promise<void> {
    for (let each = 0; each < minutes; each++) {
      profiler.measure('cycle', 2)
      now += MINUTE
      await history.rollUp(profiler, now)
    }
  }

  it('keeps one point a minute, and none in between', async () => {
    now += MINUTE - 1
    await history.rollUp(profiler, now)
    expect(history.points.minutes).to.deep.equal([])
    now += 1
    await history.rollUp(profiler, now)
    await history.rollUp(profiler, now + 5)
    expect(history.points.minutes).to.have.length(1)
  })

  it('rolls the minutes of an hour up into one point', async () => {
    await pass(120)
    expect(history.points.hours).to.have.length(2)
    expect(history.points.hours[1]?.operations['cycle']?.count).to.equal(60)
  })

  it('continues with what an earlier process has stored', async () => {
    await pass(61)
    const again = await PerformanceHistory.open(store, now)
    expect(again.points).to.deep.equal(history.points)
  })

  it('never grows beyond a day of minutes, neither in memory nor in the store', async () => {
    await pass(24 * 60 + 30)
    expect(history.points.minutes).to.have.length(24 * 60)
    const kept = [...(await store.rows('history')).keys()]
    expect(kept.filter(key => key.startsWith('minute:'))).to.have.length(24 * 60)
  })
})
