import { expect } from 'chai'
import fc from 'fast-check'
import {
  admit,
  breakerClosed,
  breakerOpened,
  rateLimited,
  throttle,
  throttleOptions,
} from '../../src/resilience/throttle.ts'

const idle = { averageCycleMs: 0, loopDelayMs: 0, errors: 0 }
const aThrottle = (options: object = {}) => throttle(throttleOptions.parse(options), 0)

describe('the throttle', () => {
  it('refuses a ceiling of zero and a start above the highest rate', () => {
    expect(throttleOptions.safeParse({ perMinute: 0 }).success).to.equal(false)
    expect(throttleOptions.safeParse({ startRate: 5, maxRate: 4 }).success).to.equal(false)
  })

  it('gates polls but not exits for a Retry-After of 2 s, and both from 5 s', () => {
    const two = rateLimited(aThrottle(), { sentAt: 0 }, 2_000, 0)
    expect(admit(two, 'other', idle, 1_999)[1]).to.include({ kind: 'refused', retryInMs: 1 })
    expect(admit(two, 'exit', idle, 1_999)[1].kind).to.equal('admitted')
    const five = rateLimited(aThrottle(), { sentAt: 0 }, 5_000, 0)
    expect(admit(five, 'exit', idle, 4_999)[1].kind).to.equal('refused')
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
    const busy = { averageCycleMs: 900, loopDelayMs: 500, errors: 9 }
    const [polled] = admit(aThrottle(), 'other', busy, 0)
    expect(admit(polled, 'other', busy, 500)[1].kind).to.equal('refused')
    expect(admit(polled, 'exit', busy, 500)[1].kind).to.equal('admitted')
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
