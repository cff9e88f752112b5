import { expect } from 'chai'
import fc from 'fast-check'
import {
  dayNumber,
  firstInstant,
  instantText,
  isSessionDay,
  isTimezone,
  localDay,
  nextOccurrence,
  parseDay,
  type SessionDays,
  sessionDayFrom,
  WEEKDAYS,
} from '../../src/risk/calendar.ts'

const DAY_MS = 86_400_000

/** The first instant of a local time, as UTC text. */
function instant(timezone: string, day: string, time: string): string {
  const [hours, minutes] = time.split(':').map(Number) as [number, number]
  return utc(firstInstant(timezone, parseDay(day)!, hours * 60 + minutes))
}

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
  it('counts days as Date does, over 800 years', () => {
    const date = fc.date({
      min: new Date('1700-01-01'),
      max: new Date('2500-01-01'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(date, given => {
        const [year, month, day] = [
          given.getUTCFullYear(),
          given.getUTCMonth() + 1,
          given.getUTCDate(),
        ]
        expect(dayNumber(year, month, day)).to.equal(Math.floor(given.getTime() / DAY_MS))
      }),
    )
  })

  it('reads a date that exists and no other', () => {
    expect(parseDay('1970-01-02')).to.equal(1)
    expect(parseDay('2024-02-29')).to.equal(Date.parse('2024-02-29') / DAY_MS)
    for (const text of ['2023-02-29', '2024-13-01', '2024-00-10', '2024-06-31', '24-6-1', 'x']) {
      expect(parseDay(text), text).to.equal(undefined)
    }
  })

  it('knows time zones by their IANA names', () => {
    expect(isTimezone('Asia/Kolkata')).to.equal(true)
    expect(isTimezone('Mars/Olympus')).to.equal(false)
    expect(isTimezone('')).to.equal(false)
  })
})

describe('firstInstant', () => {
  it('is the local time in a zone with a fixed offset', () => {
    expect(instant('UTC', '2024-06-03', '17:30')).to.equal('2024-06-03T17:30Z')
    expect(instant('Asia/Kolkata', '2024-06-03', '15:15')).to.equal('2024-06-03T09:45Z')
  })

  it('follows summer time', () => {
    expect(instant('Europe/Berlin', '2024-03-30', '17:30')).to.equal('2024-03-30T16:30Z')
    expect(instant('Europe/Berlin', '2024-03-31', '17:30')).to.equal('2024-03-31T15:30Z')
    expect(instant('America/New_York', '2024-11-02', '16:00')).to.equal('2024-11-02T20:00Z')
    expect(instant('America/New_York', '2024-11-03', '16:00')).to.equal('2024-11-03T21:00Z')
  })

  it('is the first instant after the gap for a time that spring skips', () => {
    for (const time of ['02:00', '02:30', '02:59', '03:00']) {
      expect(instant('Europe/Berlin', '2024-03-31', time), time).to.equal('2024-03-31T01:00Z')
      expect(instant('America/New_York', '2024-03-10', time), time).to.equal('2024-03-10T07:00Z')
    }
    expect(instant('Europe/Berlin', '2024-03-31', '01:59')).to.equal('2024-03-31T00:59Z')
    expect(instant('Europe/Berlin', '2024-03-31', '03:01')).to.equal('2024-03-31T01:01Z')
  })

  it('is the first of the two for a time that autumn shows twice', () => {
    expect(instant('Europe/Berlin', '2024-10-27', '02:00')).to.equal('2024-10-27T00:00Z')
    expect(instant('Europe/Berlin', '2024-10-27', '02:59')).to.equal('2024-10-27T00:59Z')
    expect(instant('Europe/Berlin', '2024-10-27', '03:00')).to.equal('2024-10-27T02:00Z')
    expect(instant('America/New_York', '2024-11-03', '01:30')).to.equal('2024-11-03T05:30Z')
    expect(instant('America/New_York', '2024-11-03', '02:00')).to.equal('2024-11-03T07:00Z')
  })

  it('starts a day without a midnight at its first instant', () => {
    expect(instant('America/Sao_Paulo', '2018-11-04', '00:00')).to.equal('2018-11-04T03:00Z')
    expect(instant('America/Sao_Paulo', '2018-11-04', '00:30')).to.equal('2018-11-04T03:00Z')
    expect(instant('America/Sao_Paulo', '2018-11-04', '01:00')).to.equal('2018-11-04T03:00Z')
  })

  it('starts a day whose midnight falls back to the evening before at its own midnight', () => {
    expect(instant('America/Sao_Paulo', '2018-02-17', '23:30')).to.equal('2018-02-18T01:30Z')
    expect(instant('America/Sao_Paulo', '2018-02-18', '00:00')).to.equal('2018-02-18T03:00Z')
  })

  it('follows changes by half an hour', () => {
    expect(instant('Australia/Lord_Howe', '2024-10-06', '02:15')).to.equal('2024-10-05T15:30Z')
    expect(instant('Australia/Lord_Howe', '2024-04-07', '01:45')).to.equal('2024-04-06T14:45Z')
    expect(instant('Australia/Lord_Howe', '2024-04-07', '02:00')).to.equal('2024-04-06T15:30Z')
  })

  it('is the start of the next day for a day that a zone left out', () => {
    expect(instant('Pacific/Apia', '2011-12-29', '12:00')).to.equal('2011-12-29T22:00Z')
    expect(instant('Pacific/Apia', '2011-12-30', '12:00')).to.equal('2011-12-30T10:00Z')
    expect(instant('Pacific/Apia', '2011-12-31', '00:00')).to.equal('2011-12-30T10:00Z')
    expect(instant('Pacific/Apia', '2011-12-31', '12:00')).to.equal('2011-12-30T22:00Z')
  })

  it('is the first minute at which the clock shows that time or a later one', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'America/Sao_Paulo',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Africa/Casablanca',
      'Pacific/Apia',
    ]
    const quarter = 15 * 60_000
    const first = parseDay('2011-06-01')!
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: first, max: first + 14 * 366 }),
        fc.integer({ min: 0, max: 95 }),
        (zone, day, quarters) => {
          const clock = clockOf(zone)
          const wanted = day * DAY_MS + quarters * quarter
          let plain = wanted - 30 * 3_600_000
          while (clock(plain) < wanted) plain += quarter
          expect(firstInstant(zone, day, quarters * 15)).to.equal(plain)
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** What the clock of a zone shows, as if it were UTC. */
function clockOf(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  return at => Date.parse(`${format.format(at).replace(' ', 'T')}Z`)
}

describe('localDay', () => {
  it('is the day that the clock of the zone shows', () => {
    const at = Date.parse('2024-06-03T22:30Z')
    expect(localDay('UTC', at)).to.equal(parseDay('2024-06-03'))
    expect(localDay('Europe/Berlin', at)).to.equal(parseDay('2024-06-04'))
    expect(localDay('America/New_York', at)).to.equal(parseDay('2024-06-03'))
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

  it('are looked for within two years, not for ever', () => {
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
