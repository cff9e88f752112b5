import { expect } from 'chai'
import { horizonOf } from '../../../src/brokers/http/horizon.ts'

describe('The horizon of a look-up', () => {
  it('is nothing where its text is no time above 0', () => {
    for (const text of [
      '',
      '0ms',
      '0d',
      '5',
      '5 d',
      '-1d',
      '1.5h',
      '24:00 UTC',
      '15:30',
      '15:30 Mars',
    ]) {
      expect(horizonOf(text), text).to.equal(undefined)
    }
  })

  it('is a time after the send, or a local time of day', () => {
    expect(horizonOf('ever')).to.equal('ever')
    expect(horizonOf('90d')).to.deep.equal({ ms: 90 * 86_400_000 })
    expect(horizonOf('2min')).to.deep.equal({ ms: 120_000 })
    expect(horizonOf('03:00 UTC')).to.deep.equal({ until: '03:00', timezone: 'UTC' })
  })
})
