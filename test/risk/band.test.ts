import { expect } from 'chai'
import fc from 'fast-check'
import { slackEnd, slackScale } from '../../src/risk/band.ts'

const none = { stop: -Infinity, target: Infinity, ratchet: Infinity }

describe('slackEnd', () => {
  it('lies half the distance to the stop above the price', () => {
    const scale = slackScale(100)
    expect(slackEnd({ ...none, price: 100, best: 100, stop: 90, scale })).to.equal(105)
  })

  it('stays at the best price where half the distance does not reach it', () => {
    const scale = slackScale(100)
    expect(slackEnd({ ...none, price: 95, best: 100, stop: 90, scale })).to.equal(100)
  })

  it('does not pass the target, and stops short of the ratchet', () => {
    const scale = slackScale(100)
    const input = { ...none, price: 100, best: 100, stop: 90, scale }
    expect(slackEnd({ ...input, target: 102 })).to.equal(102)
    const end = slackEnd({ ...input, ratchet: 103 })
    expect(end).to.be.lessThan(103).and.greaterThan(102.99)
  })

  it('is unlimited without any level', () => {
    expect(slackEnd({ ...none, price: 1, best: 1, scale: slackScale(1) })).to.equal(Infinity)
  })

  it('is never below the best price unless the target is, and never at or past a ratchet ahead', () => {
    const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(positive, positive, positive, positive, (price, gain, room, ahead) => {
        const best = price + gain
        const ratchet = best + ahead
        const scale = slackScale(price)
        const end = slackEnd({ ...none, price, best, stop: price - room, ratchet, scale })
        expect(end).to.be.at.least(best)
        if (ratchet > best) expect(end).to.be.lessThan(ratchet)
      }),
    )
  })
})
