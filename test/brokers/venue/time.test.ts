import { expect } from 'chai'
import { VenueTime } from '../../../src/brokers/venue/time.ts'

describe('VenueTime', () => {
  let monotonicMs: number
  let wallMs: number
  let time: VenueTime

  beforeEach(() => {
    monotonicMs = 5_000
    wallMs = 1_000_000
    time = new VenueTime({ monotonic: () => monotonicMs, now: () => wallMs })
  })

  /** Asks a venue whose clock is `aheadMs` ahead, with answers of these latencies. */
  const sync = (aheadMs: number, ways: number[]): Promise<void> => {
    const left = [...ways]
    return time.sync(async () => {
      const at = wallMs + aheadMs
      const way = left.shift() ?? 0
      monotonicMs += way
      wallMs += way
      return at
    })
  }

  it('is this machine’s until the venue has answered', () => {
    expect(time.at()).to.equal(1_000_000)
    expect(time.isNeeded).to.equal(true)
    expect(() => time.reading()).to.throw('has not said its time')
  })

  it('takes the median of three answers, so that one slow answer does not matter', async () => {
    await sync(3_000, [10, 900, 20])
    expect(time.at() - wallMs).to.equal(3_000 - 20)
  })

  it('never runs ahead of the venue', async () => {
    for (const ways of [
      [0, 0, 0],
      [5, 50, 500],
      [300, 300, 300],
    ]) {
      await sync(-2_000, ways)
      expect(time.at() - wallMs).to.be.at.most(-2_000)
    }
  })

  it('says how far the venue is ahead, give or take half of the time that the answer took', async () => {
    await sync(3_000, [20, 20, 20])
    expect(time.reading()).to.deep.equal({ aheadMs: 3_000 - 10, errorMs: 10 })
  })

  it('is unaffected when the wall clock is set', async () => {
    await sync(0, [0, 0, 0])
    wallMs += 3_600_000
    monotonicMs += 100
    expect(time.at()).to.equal(1_000_100)
  })

  it('is read again after a while, or when the venue refused it', async () => {
    await sync(0, [0, 0, 0])
    expect([time.isNeeded, time.isOld]).to.deep.equal([false, false])
    monotonicMs += 600_001
    expect(time.isOld).to.equal(true)
    time.distrust()
    expect(time.isNeeded).to.equal(true)
  })

  it('asks once for all waiting callers, and stays unchanged where that fails', async () => {
    let asked = 0
    const fail = async (): Promise<number> => {
      asked++
      throw new Error('no answer')
    }
    const results = await Promise.allSettled([time.sync(fail), time.sync(fail)])
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    expect(asked).to.equal(1)
    expect(time.isNeeded).to.equal(true)
  })
})
