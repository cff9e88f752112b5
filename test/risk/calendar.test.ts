import { expect } from 'chai'
import fc from 'fast-check'
import {
  instantText,
  isSessionDay,
  nextOccurrence,
  parseDay,
  sessionDayFrom,
  WEEKDAYS,
  type SessionDays,
} from '../../src/risk/calendar.ts'

const DAY_MS = 86_400_000

const utc = (at: number): string => new Date(at).toISOString().replace(':00.000Z', 'Z')

const WORKDAYS = WEEKDAYS.slice(0, 5)

const session = (but: Partial<SessionDays> = {}): SessionDays => ({
  timezone: 'UTC',
  days: new Set(WORKDAYS),
  holidays: new Set(),
  ...but,
})

const days = (...texts: string[]): ReadonlySet<number> =>
  new Set(texts.map(text => parseDay(text)!))

const occurrence = (given: SessionDays, minutes: number, after: string): string | undefined => {
  const found = nextOccurrence(given, minutes, Date.parse(after))
  return found && utc(found.at)
}

describe('calendar days', () => {
  it('reads a date that exists and no other', () => {
    expect(parseDay('1970-01-02')).to.equal(1)
    expect(parseDay('2024-02-29')).to.equal(Date.parse('2024-02-29') / DAY_MS)
    for (const text of ['2023-02-29', '2024-13-01', '2024-00-10', '2024-06-31', '24-6-1', 'x']) {
      expect(parseDay(text), text).to.equal(undefined)
    }
  })
})

describe('session days', () => {
  it('are the named weekdays that are no holidays', () => {
    const given = session({ holidays: days('2024-12-25') })
    expect(isSessionDay(given, parseDay('2024-12-24')!)).to.equal(true)
    expect(isSessionDay(given, parseDay('2024-12-25')!)).to.equal(false)
    expect(isSessionDay(given, parseDay('2024-12-28')!)).to.equal(false)
    expect(isSessionDay(session({ days: new Set(['sat']) }), parseDay('2024-12-28')!)).to.equal(
      true,
    )
    expect(isSessionDay(session(), parseDay('1969-12-31')!)).to.equal(true)
  })

  it('are searched for within two years, not for ever', () => {
    expect(sessionDayFrom(session({ days: new Set() }), 0)).to.equal(undefined)
    expect(nextOccurrence(session({ days: new Set() }), 60, 0)).to.equal(undefined)
  })
})

describe('nextOccurrence', () => {
  it('is strictly after the instant', () => {
    expect(occurrence(session(), 16 * 60, '2024-06-03T15:59:59.999Z')).to.equal('2024-06-03T16:00Z')
    expect(occurrence(session(), 16 * 60, '2024-06-03T16:00Z')).to.equal('2024-06-04T16:00Z')
  })

  it('passes over weekends and holidays', () => {
    expect(occurrence(session(), 16 * 60, '2024-06-07T16:00Z')).to.equal('2024-06-10T16:00Z')
    const given = session({ holidays: days('2024-06-10', '2024-06-11') })
    expect(occurrence(given, 16 * 60, '2024-06-07T16:00Z')).to.equal('2024-06-12T16:00Z')
  })

  it('takes the day of the zone, not that of UTC', () => {
    const newYork = session({ timezone: 'America/New_York' })
    // In New York it is still Friday evening.
    expect(occurrence(newYork, 21 * 60, '2024-06-08T00:30Z')).to.equal('2024-06-08T01:00Z')
    const apia = session({ timezone: 'Pacific/Apia' })
    // Sunday noon UTC is Monday morning in Apia.
    expect(occurrence(apia, 4 * 60, '2024-06-09T12:00Z')).to.equal('2024-06-09T15:00Z')
  })

  it('takes the first of two equal local times and then the next day', () => {
    const berlin = session({ timezone: 'Europe/Berlin', days: new Set(WEEKDAYS) })
    expect(occurrence(berlin, 150, '2024-10-26T20:00Z')).to.equal('2024-10-27T00:30Z')
    expect(occurrence(berlin, 150, '2024-10-27T00:30Z')).to.equal('2024-10-28T01:30Z')
  })

  it('takes the end of the gap for a local time that does not exist', () => {
    const berlin = session({ timezone: 'Europe/Berlin', days: new Set(WEEKDAYS) })
    expect(occurrence(berlin, 150, '2024-03-30T20:00Z')).to.equal('2024-03-31T01:00Z')
    expect(occurrence(berlin, 150, '2024-03-31T01:00Z')).to.equal('2024-04-01T00:30Z')
  })
})

describe('instantText', () => {
  it('is what the runtime writes, without the milliseconds', () => {
    const times = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(3000, 0, 1) })
    fc.assert(
      fc.property(times, at => {
        expect(instantText(at)).to.equal(new Date(at).toISOString().replace(/\.\d+Z/, 'Z'))
      }),
    )
    expect(instantText(Date.UTC(2024, 1, 29, 23, 59, 59))).to.equal('2024-02-29T23:59:59Z')
    expect([instantText(9e18), instantText(Infinity)]).to.deep.equal([
      '9000000000000000000',
      'Infinity',
    ])
  })
})
