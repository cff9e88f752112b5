import { expect } from 'chai'
import type { NetOptions, StopTrigger } from '../../src/domain/resting-stop.ts'
import { distancePct, gainPct, isBehind, isMet, triggerFor } from '../../src/nets/trigger.ts'
import { STOPS } from '../support/net-venue.ts'

const NET: NetOptions = { beyondPct: 1, minMovePct: 0.5, everyMs: 1_000, limitPct: 5 }
const at = (price: number): StopTrigger => ({ price, by: 'last' })

describe('the trigger of a net', () => {
  it('lies behind the own stop on each side, on the tick that is farther from the price', () => {
    const of = (side: 'long' | 'short', stop: number, tickSize: number) =>
      triggerFor({ side, stop, net: NET, venue: STOPS, spec: { tickSize } }).price
    expect(of('long', 100, 0.4)).to.equal(98.8)
    expect(of('short', 100, 0.4)).to.equal(101.2)
    expect(of('long', 0.05, 0.05), 'never below the lowest tick').to.equal(0.05)
  })

  it('is compared with the price that the rule or else the venue names first', () => {
    const venue = { ...STOPS, triggers: ['mark', 'last'] as const }
    const by = (net: NetOptions) => triggerFor({ side: 'long', stop: 9, net, venue, spec: {} }).by
    expect([by(NET), by({ ...NET, trigger: 'last' })]).to.deep.equal(['mark', 'last'])
  })

  it('is behind a stop only where no price meets it first', () => {
    expect([90, 89].map(price => isBehind('long', at(price), 90))).to.deep.equal([false, true])
    expect([90, 91].map(price => isBehind('short', at(price), 90))).to.deep.equal([false, true])
  })

  it('is met by a price at it, and by every worse one', () => {
    expect([91, 90, 89].map(last => isMet('long', at(90), last))).to.deep.equal([false, true, true])
    expect([89, 90, 91].map(last => isMet('short', at(90), last))).to.deep.equal([
      false,
      true,
      true,
    ])
  })

  it('gains towards the price, and loses away from it', () => {
    expect(gainPct('long', at(100), at(101))).to.equal(1)
    expect(gainPct('short', at(100), at(101))).to.equal(-1)
    expect(distancePct(at(95), 100)).to.equal(5)
  })
})
