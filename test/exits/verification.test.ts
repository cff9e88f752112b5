import { expect } from 'chai'
import { Verification, type Answered } from '../../src/exits/verification.ts'

const FRESH = { holdingFreshMs: 1_000 }

/** An answer of the time `at` that came at `answeredAt`. */
const answerOf = (at: number, answeredAt = at): Answered => ({
  byName: { times: [at], at },
  answeredAt,
})

describe('what an exit knows of its holding', () => {
  it('is nothing without an answer, or by one of a time before the decision', () => {
    const verification = new Verification(100)
    const nothing = { byName: undefined, answeredAt: -Infinity }
    expect(verification.isGiven(nothing, 100, FRESH)).to.equal(false)
    expect(verification.isGiven(answerOf(99, 150), 150, FRESH)).to.equal(false)
    expect(verification.isGiven(answerOf(100, 150), 150, FRESH)).to.equal(true)
  })

  it('grows old from when the answer came, however long the venue took to answer', () => {
    const verification = new Verification(100)
    const slow = answerOf(100, 9_000)
    expect(verification.isGiven(slow, 10_000, FRESH)).to.equal(true)
    expect(verification.isGiven(slow, 10_001, FRESH)).to.equal(false)
    verification.expire(slow, 10_001, FRESH)
    expect(verification.isGiven(answerOf(10_000, 10_002), 10_002, FRESH)).to.equal(false)
    expect(verification.isGiven(answerOf(10_001, 10_002), 10_002, FRESH)).to.equal(true)
  })

  it('does not count after a later event', () => {
    const verification = new Verification(100)
    verification.askAgain(200)
    verification.askAgain(150)
    expect(verification.isGiven(answerOf(199, 210), 210, FRESH)).to.equal(false)
    expect(verification.isGiven(answerOf(200, 210), 210, FRESH)).to.equal(true)
  })

  it('counts on, however often it is asked, until the answer is expired', () => {
    const verification = new Verification(100)
    verification.expire(answerOf(100), 1_100, FRESH)
    expect(verification.isGiven(answerOf(100), 1_200, FRESH)).to.equal(false)
    expect(verification.isGiven(answerOf(100, 1_200), 1_200, FRESH)).to.equal(true)
    verification.expire(answerOf(100), 1_200, FRESH)
    expect(verification.isGiven(answerOf(100, 1_200), 1_200, FRESH)).to.equal(false)
  })

  it('is waited for since the decision, which is reported once for each wait', () => {
    const verification = new Verification(100)
    const old = answerOf(90)
    expect(verification.waitedMs(old, 400)).to.equal(300)
    expect(verification.isWaitReported).to.equal(false)
    verification.waitReported()
    expect(verification.isWaitReported).to.equal(true)
    expect(verification.waitedMs(answerOf(100), 500)).to.equal(0)
    verification.askAgain(600)
    expect(verification.waitedMs(answerOf(100), 900)).to.equal(300)
    expect(verification.isWaitReported).to.equal(false)
  })
})
