import { expect } from 'chai'
import type { TradingHours } from '../../src/domain/instrument.ts'
import { parseDay } from '../../src/risk/calendar.ts'
import { isOpenAt, quietAt, quietFor } from '../../src/risk/hours.ts'

const WORKDAYS = new Set([0, 1, 2, 3, 4])
const DAY_SESSION: TradingHours = {
  timezone: 'America/New_York',
  sessions: [{ open: 570, close: 960 }],
  days: WORKDAYS,
  exceptions: new Map([
    [parseDay('2024-07-04')!, []],
    [parseDay('2024-11-29')!, [{ open: 570, close: 780 }]],
  ]),
}
const NIGHT_SESSION: TradingHours = {
  ...DAY_SESSION,
  sessions: [{ open: 18 * 60, close: 17 * 60 }],
}
const TOKYO: TradingHours = {
  timezone: 'Asia/Tokyo',
  sessions: [
    { open: 9 * 60, close: 11 * 60 + 30 },
    { open: 12 * 60 + 30, close: 15 * 60 },
  ],
  days: WORKDAYS,
  exceptions: new Map(),
}
const AROUND_THE_CLOCK: TradingHours = {
  ...DAY_SESSION,
  sessions: [{ open: 0, close: 0 }],
  days: new Set([0, 1, 2, 3, 4, 5, 6]),
  exceptions: new Map(),
}
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
    expect(isOpen(AROUND_THE_CLOCK, '2024-07-03T03:59:00Z')).to.equal(true)
    expect(isOpen(AROUND_THE_CLOCK, '2024-07-03T04:00:00Z')).to.equal(true)
  })

  it('closes early on a half day', () => {
    expect(isOpen(DAY_SESSION, '2024-11-29T17:59:00Z')).to.equal(true)
    expect(isOpen(DAY_SESSION, '2024-11-29T18:00:00Z')).to.equal(false)
    expect(isOpen(DAY_SESSION, '2024-12-02T18:00:00Z')).to.equal(true)
  })

  it('is closed in the lunch break between two sessions of a day', () => {
    expect(isOpen(TOKYO, '2024-07-03T02:29:00Z')).to.equal(true)
    expect(isOpen(TOKYO, '2024-07-03T02:30:00Z')).to.equal(false)
    expect(isOpen(TOKYO, '2024-07-03T03:29:00Z')).to.equal(false)
    expect(isOpen(TOKYO, '2024-07-03T03:30:00Z')).to.equal(true)
  })

  it('is independent of earlier queries', () => {
    const asked = ['2024-07-05T15:00:00Z', '2024-07-03T15:00:00Z', '2024-07-04T15:00:00Z']
    expect(asked.map(at => isOpen(DAY_SESSION, at))).to.deep.equal([true, true, false])
  })

  it('is never open in a market without a session', () => {
    const never = { ...DAY_SESSION, days: new Set<number>(), exceptions: new Map() }
    expect(isOpen(never, '2024-07-03T15:00:00Z')).to.equal(false)
    expect(quietAt(never, Date.parse('2024-07-03T15:00:00Z'), 1000)).to.equal(Infinity)
  })
})

describe('quietAt', () => {
  const due = (hours: TradingHours | undefined, since: string, ms: number): string =>
    new Date(quietAt(hours, Date.parse(since), ms)).toISOString()

  it('is so long after the price while the market stays open', () => {
    expect(due(DAY_SESSION, '2024-07-03T15:00:00Z', 60_000)).to.equal('2024-07-03T15:01:00.000Z')
    expect(due(undefined, '2024-07-03T23:00:00Z', 60_000)).to.equal('2024-07-03T23:01:00.000Z')
  })

  it('starts anew with the next session where the market closes first', () => {
    expect(due(DAY_SESSION, '2024-07-03T19:59:30Z', 60_000)).to.equal('2024-07-05T13:31:00.000Z')
    expect(due(TOKYO, '2024-07-03T02:29:59Z', 60_000)).to.equal('2024-07-03T03:31:00.000Z')
  })

  it('starts with the next session for a price from outside the hours', () => {
    expect(due(DAY_SESSION, '2024-07-06T12:00:00Z', 60_000)).to.equal('2024-07-08T13:31:00.000Z')
  })

  it('does not start anew at midnight where a session follows another without a break', () => {
    expect(due(AROUND_THE_CLOCK, '2024-07-03T03:59:30Z', 60_000)).to.equal(
      '2024-07-03T04:00:30.000Z',
    )
  })

  it('never comes where no session is long enough, or no price was there', () => {
    expect(quietAt(TOKYO, Date.parse('2024-07-03T02:00:00Z'), 86_400_000)).to.equal(Infinity)
    expect(quietAt(TOKYO, -Infinity, 1000)).to.equal(-Infinity)
  })
})

describe('quietFor', () => {
  const quiet = (since: string, now: string): number =>
    quietFor(DAY_SESSION, Date.parse(since), Date.parse(now))

  it('counts the time since the last price, or since the market opened', () => {
    expect(quiet('2024-07-03T15:00:00Z', '2024-07-03T15:00:07Z')).to.equal(7_000)
    expect(quiet('2024-07-03T19:59:00Z', '2024-07-05T13:30:05Z')).to.equal(5_000)
    expect(quietFor(undefined, 1_000, 4_000)).to.equal(3_000)
  })

  it('is nothing while the market is closed', () => {
    expect(quiet('2024-07-03T19:00:00Z', '2024-07-04T15:00:00Z')).to.equal(0)
  })
})
