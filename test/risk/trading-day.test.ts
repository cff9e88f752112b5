import { expect } from 'chai'
import fc from 'fast-check'
import { tradingDayAt } from '../../src/risk/trading-day.ts'

const iso = (text: string): number => Date.parse(text)
const spanOf = (timezone: string, minutes: number, at: string): [string, string] => {
  const { from, until } = tradingDayAt({ timezone, minutes }, iso(at))
  return [new Date(from).toISOString(), new Date(until).toISOString()]
}

describe('tradingDayAt', () => {
  it('begins at the local time of the day start, the day before if need be', () => {
    expect(spanOf('America/New_York', 17 * 60, '2024-08-07T20:59:59Z')).to.deep.equal([
      '2024-08-06T21:00:00.000Z',
      '2024-08-07T21:00:00.000Z',
    ])
    expect(spanOf('America/New_York', 17 * 60, '2024-08-07T21:00:00Z')[0]).to.equal(
      '2024-08-07T21:00:00.000Z',
    )
  })

  it('has 23 hours when the clock goes forward, and 25 when it goes back', () => {
    const hours = (at: string): number => {
      const { from, until } = tradingDayAt({ timezone: 'Europe/Berlin', minutes: 0 }, iso(at))
      return (until - from) / 3_600_000
    }
    expect([hours('2024-03-31T12:00:00Z'), hours('2024-10-27T12:00:00Z')]).to.deep.equal([23, 25])
  })

  it('contains every instant, in every zone', () => {
    const zone = fc.constantFrom('UTC', 'Pacific/Apia', 'Asia/Kolkata', 'America/St_Johns')
    const minutes = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(zone, minutes, fc.integer({ min: 0, max: 4e12 }), (timezone, start, at) => {
        const { from, until } = tradingDayAt({ timezone, minutes: start }, at)
        expect(from <= at && at < until).to.equal(true)
      }),
      { examples: [['Pacific/Apia', 0, iso('2011-12-30T12:00:00Z')]], numRuns: 50 },
    )
  })
})
