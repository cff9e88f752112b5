import { expect } from 'chai'
import { CallHistory } from '../../src/calls/call-history.ts'

const aCall = (outcome = 'ok', group: 'orders' | 'quotes' = 'quotes') => ({
  at: 0,
  group,
  operation: 'quotes',
  ms: 5,
  outcome,
})

describe('CallHistory', () => {
  it('has the share of failures of a whole minute, however many calls there were', () => {
    const history = new CallHistory()
    for (let index = 0; index < 500; index++) {
      const code = index < 50 ? 'RATE_LIMITED' : index < 100 ? 'OUTCOME_UNKNOWN' : 'ok'
      history.add(aCall(code), code === 'OUTCOME_UNKNOWN', index * 100)
    }
    expect(history.failureShare(50_000)).to.equal(0.1)
    expect(history.last).to.have.length(100)
    expect(history.failureShare(200_000)).to.equal(0)
  })

  it('counts a bounded number of call kinds separately', () => {
    const history = new CallHistory()
    for (let index = 0; index < 500; index++) history.add(aCall(`CODE_${index}`), true, 0)
    history.add(aCall('CODE_1'), true, 0)
    expect(history.totals()).to.have.length(200)
    expect(history.totals()[1]).to.include({ outcome: 'CODE_1', count: 2 })
  })
})
