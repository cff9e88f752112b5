import { expect } from 'chai'
import type { TradingHours } from '../../src/domain/instrument.ts'
import { isOpenAt } from '../../src/risk/hours.ts'
import { parseDay } from '../../src/risk/calendar.ts'

const WORKDAYS = new Set([0, 1, 2, 3, 4])
const DAY_SESSION: TradingHours = {
  timezone: 'America/New_York',
  open: 570,
  close: 960,
  days: WORKDAYS,
  holidays: new Set([parseDay('2024-07-04')!]),
}
const NIGHT_SESSION: TradingHours = { ...DAY_SESSION, open: 18 * 60, close: 17 * 60 }
const isOpen = (hours: TradingHours, at: string): boolean => isOpenAt(hours, Date.parse(at))

describe('isOpenAt', () => {
  it('holds from the opening minute until before the closing one', () => {
    expect(isOpen(DAY_SESSION, '2024-07-03T13:29:59.999Z')).to.equal(false)
    expect(isOpen(DAY_SESSION, '2024-07-03T13:30:00Z')).to.equal(true)
    expect(isOpen(DAY_SESSION, '2024-07-03T19:59:59.999Z')).to.equal(true)
    expect(isOpen(DAY_SESSION, '2024-07-03T20:00:00Z')).to.equal(false)
  })

  it('is closed on holidays and on other days', () => {
    expect(isOpen(DAY_SESSION, '2024-07-04T15:00:00Z')).to.equal(false)
    expect(isOpen(DAY_SESSION, '2024-07-06T15:00:00Z')).to.equal(false)
  })

  it('carries a session that began the day before past midnight', () => {
    expect(isOpen(NIGHT_SESSION, '2024-07-06T02:00:00Z')).to.equal(true)
    expect(isOpen(NIGHT_SESSION, '2024-07-06T20:59:00Z')).to.equal(true)
    expect(isOpen(NIGHT_SESSION, '2024-07-06T21:00:00Z')).to.equal(false)
    expect(isOpen(NIGHT_SESSION, '2024-07-05T02:00:00Z')).to.equal(false)
  })

  it('trades around the clock where open and close are the same', () => {
    const always = { ...DAY_SESSION, open: 0, close: 0 }
    expect(isOpen(always, '2024-07-03T03:59:00Z')).to.equal(true)
    expect(isOpen(always, '2024-07-03T04:00:00Z')).to.equal(true)
  })
})
