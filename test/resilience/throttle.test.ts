import { expect } from 'chai'
import fc from 'fast-check'
import {
  agedThrottle,
  restoreThrottle,
  snapshotThrottle,
  throttleSnapshot,
} from '../../src/resilience/throttle-snapshot.ts'
import {
  admit,
  breakerClosed,
  breakerOpened,
  calculateAdaptiveThrottle,
  rateLimited,
  throttle,
  throttleOptions,
} from '../../src/resilience/throttle.ts'

const idle = { averageCycleMs: 0, loopDelayMs: 0, failureShare: 0 }
const aThrottle = (options: object = {}) => throttle(throttleOptions.parse(options), 0)

describe('the throttle', () => {
  it('refuses a ceiling of zero and a start above the highest rate', () => {
    expect(throttleOptions.safeParse({ perMinute: 0 }).success).to.equal(false)
    expect(throttleOptions.safeParse({ startRate: 5, maxRate: 4 }).success).to.equal(false)
  })

  it('delays polls but not exits for a Retry-After of 2 s and more', () => {
    const two = rateLimited(aThrottle(), { sentAt: 0 }, 2_000, 0)
    expect(admit(two, 'other', idle, 1_999)[1]).to.include({ kind: 'refused', retryInMs: 1 })
    expect(admit(two, 'exit', idle, 1_999)[1].kind).to.equal('admitted')
    const hour = rateLimited(aThrottle(), { sentAt: 0 }, 3_600_000, 0)
    expect(admit(hour, 'exit', idle, 1_000)[1].kind).to.equal('admitted')
  })

  it('cuts once for calls that were sent before the cut', () => {
    const cut = rateLimited(aThrottle(), { sentAt: 0 }, 0, 10)
    expect(rateLimited(cut, { sentAt: 5 }, 0, 20).rate).to.equal(cut.rate)
  })

  it('halves the rate when a breaker closes, and returns to it', () => {
    const closed = breakerClosed(breakerOpened(aThrottle(), 0), 20_000)
    expect(closed.rate).to.equal(1)
    expect(admit(closed, 'exit', idle, 21_000)[0].rate).to.equal(2)
  })

  it('stretches polls under load, and never an exit', () => {
    const busy = { averageCycleMs: 900, loopDelayMs: 500, failureShare: 0.5 }
    const [polled] = admit(aThrottle(), 'other', busy, 0)
    expect(admit(polled, 'other', busy, 500)[1].kind).to.equal('refused')
    expect(admit(polled, 'exit', busy, 500)[1].kind).to.equal('admitted')
  })

  it('grows by half a second until the first refusal, and only while calls wait for it', () => {
    const hungry = admit(admit(aThrottle(), 'other', idle, 0)[0], 'other', idle, 0)[0]
    expect(admit(hungry, 'other', idle, 1_000)[0].rate).to.be.closeTo(3, 0.01)
    expect(admit(aThrottle(), 'other', idle, 60_000)[0].rate).to.equal(2)
  })

  it('does not grow where breakers, and not the rate, hold a call back', () => {
    const gated = rateLimited(aThrottle(), { sentAt: 0 }, 60_000, 0)
    const waiting = admit(gated, 'other', idle, 30_000)[0]
    expect(admit(waiting, 'other', idle, 31_000)[0].rate).to.equal(gated.rate)
  })

  describe('when rate limited', () => {
    /** Refused at these times, with so many calls admitted between the last two. */
    const cutsAt = (times: readonly number[], admitted = 0, options: object = {}) => {
      let state = aThrottle({ startRate: 10, ...options })
      for (const [index, at] of times.entries()) {
        if (index === times.length - 1) state = { ...state, admittedSinceCut: admitted }
        state = rateLimited(state, { sentAt: at }, 0, at)
      }
      return state.cuts.map(({ to, reason }) => [Number(to.toFixed(3)), reason])
    }

    it('reduces its rate by a tenth', () => {
      expect(cutsAt([0])).to.deep.equal([[9, 'probe']])
    })

    it('uses the rate between two close refusals as the limit', () => {
      expect(cutsAt([0, 2_000], 12).at(-1)).to.deep.equal([5.76, 'measured'])
      expect(cutsAt([0, 2_000], 200).at(-1)).to.deep.equal([8.55, 'measured'])
      expect(cutsAt([0, 2_000], 2).at(-1)).to.deep.equal([2.7, 'measured'])
    })

    it('reduces its rate by three tenths where there is too little to measure by', () => {
      expect(cutsAt([0, 400], 9).at(-1)).to.deep.equal([6.3, 'too-few-samples'])
      expect(cutsAt([0, 2_000], 1).at(-1)).to.deep.equal([6.3, 'too-few-samples'])
    })

    it('never falls below the floor', () => {
      const times = Array.from({ length: 30 }, (_, index) => index * 100)
      expect(cutsAt(times, 0).at(-1)![0]).to.equal(0.1)
    })

    it('has no token left, and grows again after the hold, slowly at first', () => {
      const cut = rateLimited(aThrottle({ startRate: 10 }), { sentAt: 0 }, 0, 0)
      expect(admit(cut, 'exit', idle, 0)[1]).to.deep.equal({ kind: 'refused', retryInMs: 112 })
      const ask = (state: typeof cut, at: number) =>
        admit(admit(state, 'other', idle, at)[0], 'other', idle, at)[0]
      const held = [2_000, 4_000, 6_000, 7_500].reduce(ask, cut)
      expect(held.rate).to.equal(9)
      const [after] = admit(ask(held, 8_000), 'other', idle, 9_000)
      expect(after.rate).to.be.within(9.1, 9.2)
    })
  })

  it('stretches polls when more than a fifth of the calls fail', () => {
    expect(calculateAdaptiveThrottle(aThrottle(), { ...idle, failureShare: 0.2 })).to.equal(500)
    expect(calculateAdaptiveThrottle(aThrottle(), { ...idle, failureShare: 0.3 })).to.equal(750)
  })

  it('has one law: settings of others are refused', () => {
    for (const other of [{ law: 'step' }, { law: 'adaptive' }, { baseIntervalMs: 100 }]) {
      expect(throttleOptions.safeParse(other).success, Object.keys(other)[0]).to.equal(false)
    }
  })

  it('is frozen while a breaker is open, and still reduced', () => {
    const frozen = breakerOpened(aThrottle({ startRate: 10 }), 0)
    const hungry = admit(admit(frozen, 'other', idle, 0)[0], 'other', idle, 0)[0]
    expect(admit(hungry, 'other', idle, 900)[0].rate).to.equal(10)
    expect(rateLimited(frozen, { sentAt: 0 }, 0, 0).rate).to.equal(9)
  })

  it('lets exits overdraw half a second under a published limit, but not after a refusal', () => {
    const burst = (state: ReturnType<typeof aThrottle>, at: number): number => {
      let sent = 0
      for (let next = state; ; sent++) {
        const [after, answer] = admit(next, 'exit', idle, at)
        if (answer.kind === 'refused') return sent
        next = after
      }
    }
    expect(burst(aThrottle({ startRate: 8 }), 0)).to.equal(1)
    const published = aThrottle({ startRate: 8, perSecond: 20 })
    expect(burst(published, 0)).to.equal(5)
    const refused = rateLimited(published, { sentAt: 0 }, 0, 0)
    expect([burst(refused, 1_000), burst(refused, 8_000)]).to.deep.equal([1, 4])
  })

  it('spreads the polls of a minute over it, and keeps a tenth of it for exits', () => {
    const minute = aThrottle({ startRate: 50, perMinute: 60 })
    expect(calculateAdaptiveThrottle(minute, idle)).to.be.closeTo(63_000 / 54, 1)
    let state = minute
    for (let index = 0; index < 54; index++) state = admit(state, 'exit', idle, index * 100)[0]
    expect(admit(state, 'other', idle, 30_000)[1].kind).to.equal('refused')
    expect(admit(state, 'exit', idle, 30_000)[1].kind).to.equal('admitted')
  })

  describe('over a restart of the process', () => {
    const optionsOf = (options: object) => throttleOptions.parse(options)

    it('keeps the rate that it has found, its cuts and its delays', () => {
      const options = optionsOf({ startRate: 10 })
      const before = rateLimited(throttle(options, 0), { sentAt: 0 }, 30_000, 0)
      const kept = throttleSnapshot.parse(snapshotThrottle(before, 10_000))
      const again = restoreThrottle(options, agedThrottle(kept, 5_000), 100)
      expect([again.rate, again.tokens]).to.deep.equal([9, 0])
      expect(again.cuts).to.deep.equal([{ at: -14_900, from: 10, to: 9, reason: 'probe' }])
      expect(admit(again, 'other', idle, 15_099)[1].kind).to.equal('refused')
      expect(admit(again, 'other', idle, 15_100)[1].kind).to.equal('admitted')
    })

    it('remembers what its horizons have admitted', () => {
      const options = optionsOf({ startRate: 50, perDay: 100 })
      let state = throttle(options, 0)
      for (let index = 0; index < 100; index++) state = admit(state, 'exit', idle, index * 1_000)[0]
      const kept = snapshotThrottle(state, 100_000)
      const soon = restoreThrottle(options, agedThrottle(kept, 60_000), 5_000)
      expect(admit(soon, 'exit', idle, 6_000)[1].kind).to.equal('refused')
      const tomorrow = restoreThrottle(options, agedThrottle(kept, 26 * 3_600_000), 5_000)
      expect(admit(tomorrow, 'exit', idle, 6_000)[1].kind).to.equal('admitted')
    })
  })

  it('keeps the rate within its bounds and every second within its ceiling', () => {
    const step = fc.record({ ms: fc.nat(400), isExit: fc.boolean(), isLimited: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        (all, cap) => {
          let state = aThrottle({ perSecond: cap })
          let now = 0
          const sent: number[] = []
          for (const { ms, isExit, isLimited } of all) {
            now += ms
            const [next, answer] = admit(state, isExit ? 'exit' : 'other', idle, now)
            state = next
            if (answer.kind === 'admitted') {
              sent.push(now)
              if (isLimited) state = rateLimited(state, answer, 0, now)
            }
            expect(state.rate).to.be.within(0.1, cap)
            expect(sent.filter(at => at > now - 1_000).length).to.be.at.most(cap)
          }
        },
      ),
    )
  })
})
