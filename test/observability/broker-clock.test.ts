import { expect } from 'chai'
import { brokerClockCheck } from '../../src/observability/broker-clock.ts'

describe('The check of the broker’s clock', () => {
  it('warns of a clock that certainly differs, and says in which direction', () => {
    expect(brokerClockCheck({ aheadMs: -7_300, errorMs: 20 })).to.deep.include({
      status: 'warn',
      observedValue: -7_300,
      observedUnit: 'ms',
    })
    expect(brokerClockCheck({ aheadMs: -7_300, errorMs: 20 }).output).to.match(
      /is 7\.3 s behind.*; ages of its prices are corrected by that$/,
    )
    expect(brokerClockCheck({ aheadMs: -301_000, errorMs: 20 }).output).to.match(
      /is 301\.0 s behind.*; that is not believed, and ages of its prices are wrong by that$/,
    )
    expect(brokerClockCheck({ aheadMs: 7_300, errorMs: 20 }).output).to.match(/7\.3 s ahead of/)
  })

  it('passes where the clocks may agree: a slow answer says little', () => {
    expect(brokerClockCheck({ aheadMs: 3_000, errorMs: 1_500 })).to.include({ status: 'pass' })
    expect(brokerClockCheck({ aheadMs: 1_900, errorMs: 1 })).to.not.have.property('output')
  })
})
