import { expect } from 'chai'
import fc from 'fast-check'
import {
  dayNumber,
  firstInstant,
  isTimezone,
  localDay,
  localInstant,
  offsetAt,
} from '../../src/domain/zone.ts'
import { zonedText } from '../../src/observability/zoned-text.ts'
import { parseDay } from '../../src/risk/calendar.ts'

const DAY_MS = 86_400_000

/** The first instant of a local time, as UTC text. */
function instant(timezone: string, day: string, time: string): string {
  const [hours, minutes] = time.split(':').map(Number) as [number, number]
  return utc(firstInstant(timezone, parseDay(day)!, hours * 60 + minutes))
}

const utc = (at: number): string => new Date(at).toISOString().replace(':00.000Z', 'Z')

describe('days and zones', () => {
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

describe('offsetAt', () => {
  it('stays right for more instants than are kept', () => {
    const HOUR_MS = 3_600_000
    const hours = Array.from({ length: 366 * 24 }, (_, hour) => Date.UTC(2024, 0, 1, hour))
    for (const at of [hours, hours.toReversed()].flat()) {
      const isSummer = at >= Date.UTC(2024, 2, 31, 1) && at < Date.UTC(2024, 9, 27, 1)
      const offset = offsetAt('Europe/Berlin', at)
      if (offset !== (isSummer ? 2 : 1) * HOUR_MS) expect.fail(`${offset} at ${utc(at)}`)
    }
  })
})

describe('localDay', () => {
  it('is the day that the clock of the zone shows', () => {
    const at = Date.parse('2024-06-03T22:30Z')
    expect(localDay('UTC', at)).to.equal(parseDay('2024-06-03'))
    expect(localDay('Europe/Berlin', at)).to.equal(parseDay('2024-06-04'))
    expect(localDay('America/New_York', at)).to.equal(parseDay('2024-06-03'))
  })
})

describe('localInstant', () => {
  const at = (timezone: string, day: string, ms: number): string =>
    new Date(localInstant(timezone, parseDay(day)!, ms)).toISOString()
  const HALF_PAST_TWO = 2.5 * 3_600_000

  it('is to the millisecond', () => {
    const ms = 9.25 * 3_600_000 + 125
    expect(at('Asia/Kolkata', '2026-11-28', ms)).to.equal('2026-11-28T03:45:00.125Z')
    expect(at('UTC', '2026-11-28', ms)).to.equal('2026-11-28T09:15:00.125Z')
  })

  it('keeps times apart that a jump forward skips, and takes the first of two equal ones', () => {
    expect(at('Europe/Berlin', '2024-03-31', HALF_PAST_TWO)).to.equal('2024-03-31T01:30:00.000Z')
    expect(at('Europe/Berlin', '2024-10-27', HALF_PAST_TWO)).to.equal('2024-10-27T00:30:00.000Z')
    const after = HALF_PAST_TWO + 1_800_000
    expect(at('Europe/Berlin', '2024-10-27', after)).to.equal('2024-10-27T02:00:00.000Z')
  })

  it('is the instant whose text it is', () => {
    const zones = ['Europe/Berlin', 'Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe']
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.nat(2_000_000_000), (zone, seconds) => {
        const text = zonedText(zone, seconds * 1_000)
        expect(Date.parse(text)).to.equal(seconds * 1_000)
        const [, day = '', hour, minute, second] = /^(.{10})T(..):(..):(..)/.exec(text)!
        const ms = (Number(hour) * 3_600 + Number(minute) * 60 + Number(second)) * 1_000
        const again = localInstant(zone, parseDay(day)!, ms)
        // Of two equal local times it is the first.
        expect(zonedText(zone, again).slice(0, 23)).to.equal(text.slice(0, 23))
        expect(again).to.be.at.most(seconds * 1_000)
      }),
    )
  })
})
