import { expect } from 'chai'
import fc from 'fast-check'
import type { Position } from '../../../src/domain/position.ts'
import { firstInstant } from '../../../src/domain/zone.ts'
import { isSessionDay, parseDay, WEEKDAYS, type SessionDays } from '../../../src/risk/calendar.ts'
import type { Levels } from '../../../src/risk/rule.ts'
import { aPosition, aRuleSet } from '../../support/builders.ts'
import { runs } from '../../support/runs.ts'

interface Options {
  readonly at: string
  readonly timezone: string
  readonly days?: 'all' | readonly string[]
  readonly holidays?: readonly string[]
  readonly minProfitAmount?: number
}

/** Asks one rule for the levels of one position, at any times. */
function asking(options: Options, but: Partial<Position> = {}): (now: number) => Levels {
  const rule = aRuleSet({ sessionEnd: options }).rules[0]!
  if (rule.kind !== 'levels') throw new Error('no levels')
  const position = aPosition(but)
  return now => rule.arm(position, position.entryPrice, now)
}

const ms = (text: string): number => Date.parse(text)

const exitAt = (options: Options, openedAt: string): string =>
  new Date(asking(options, { openedAt: ms(openedAt) })(ms(openedAt)).exitAt!)
    .toISOString()
    .replace(':00.000Z', 'Z')

describe('sessionEnd', () => {
  const berlin = { at: '17:30', timezone: 'Europe/Berlin' } as const

  it('follows the clock of its zone through both changes', () => {
    expect(exitAt(berlin, '2024-03-28T20:00Z'), 'winter time').to.equal('2024-03-29T16:30Z')
    expect(exitAt(berlin, '2024-03-30T20:00Z'), 'summer time').to.equal('2024-04-01T15:30Z')
    expect(exitAt(berlin, '2024-10-25T20:00Z'), 'winter time').to.equal('2024-10-28T16:30Z')
  })

  it('exits at the end of the gap for a time that does not exist', () => {
    const night = { at: '02:30', timezone: 'Europe/Berlin', days: 'all' } as const
    expect(exitAt(night, '2024-03-30T12:00Z')).to.equal('2024-03-31T01:00Z')
  })

  it('exits at the first of two equal times, and not for a position that opens after it', () => {
    const night = { at: '02:30', timezone: 'Europe/Berlin', days: 'all' } as const
    expect(exitAt(night, '2024-10-26T12:00Z')).to.equal('2024-10-27T00:30Z')
    expect(exitAt(night, '2024-10-27T00:45Z')).to.equal('2024-10-28T01:30Z')
  })

  it('never exits when every day is a holiday', () => {
    const mondays = Array.from({ length: 120 }, (_, week) =>
      new Date(ms('2024-01-01') + week * 604_800_000).toISOString().slice(0, 10),
    )
    const options = { ...berlin, days: ['mon'], holidays: mondays }
    const openedAt = ms('2024-01-01T00:00Z')
    expect(asking(options, { openedAt })(openedAt)).to.deep.equal({})
    expect(asking({ ...options, minProfitAmount: 1 }, { openedAt })(openedAt)).to.deep.equal({})
  })

  it('computes a least profit over the quantity and the multiplier, and may take a loss', () => {
    const openedAt = ms('2024-08-09T08:00Z')
    const at = (minProfitAmount: number, but: Partial<Position>) =>
      asking({ ...berlin, minProfitAmount }, { openedAt, ...but })(ms('2024-08-09T15:30Z')).target
    expect(at(200, { quantity: 2, multiplier: 50 })).to.equal(102)
    expect(at(-200, { quantity: 2, multiplier: 50 })).to.equal(98)
    expect(at(-200, { quantity: 2, multiplier: 50, side: 'short' })).to.equal(102)
    expect(at(10, { quantity: 3 })).to.equal(103.33333333333333)
  })

  it('keeps its target over holidays until the next session’s day begins', () => {
    const options = { ...berlin, minProfitAmount: 5, holidays: ['2024-12-25', '2024-12-26'] }
    const ask = asking(options, { openedAt: ms('2024-12-24T08:00Z') })
    const friday = ms('2024-12-26T23:00Z')
    expect(ask(ms('2024-12-24T16:30Z'))).to.deep.equal({ target: 105, rearmAt: friday })
    expect(ask(friday - 1)).to.deep.equal({ target: 105, rearmAt: friday })
    expect(ask(friday)).to.deep.equal({ rearmAt: ms('2024-12-27T16:30Z') })
  })

  it('skips a day that its zone left out', () => {
    // Samoa had no 30 December 2011. This once searched for ever.
    const samoa = {
      at: '16:00',
      timezone: 'Pacific/Apia',
      days: 'all',
      minProfitAmount: 5,
    } as const
    const ask = asking(samoa, { openedAt: ms('2011-12-28T00:00Z') })
    const midnight = ms('2011-12-30T10:00Z')
    expect(ask(midnight - 1)).to.deep.equal({ target: 105, rearmAt: midnight })
    expect(ask(midnight)).to.deep.equal({ rearmAt: ms('2011-12-31T02:00Z') })
    expect(ask(ms('2012-01-05T00:00Z'))).to.deep.equal({ rearmAt: ms('2012-01-05T02:00Z') })
  })

  it('answers for a position of 1970 without going through every day since', () => {
    // `openedAt` in seconds is a common mistake, which gets a warning: it must not stop the others.
    const options = { ...berlin, minProfitAmount: 5 }
    const started = performance.now()
    const levels = asking(options, { openedAt: 1_723_190_400 })(ms('2024-08-09T16:00Z'))
    expect(performance.now() - started).to.be.below(100)
    expect(levels).to.deep.equal({ target: 105, rearmAt: ms('2024-08-11T22:00Z') })
  })

  it('equals the simplest implementation, day by day, at any times in any order', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'America/Sao_Paulo',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Pacific/Apia',
    ]
    const options = fc.record({
      timezone: fc.constantFrom(...zones),
      at: fc.constantFrom('00:00', '00:30', '02:15', '16:00', '23:30', '23:59'),
      days: fc.constantFrom<Options['days'] & {}>('all', WEEKDAYS.slice(0, 5), ['sun']),
      holidays: fc.subarray(['2011-12-29', '2011-12-31', '2018-11-04', '2024-03-31']),
      minProfitAmount: fc.option(fc.constant(5), { nil: undefined }),
    })
    // Times around each change of a clock, where an error is most likely.
    const start = fc
      .constantFrom('2006-10-29', '2011-12-30', '2018-02-18', '2018-11-04', '2024-03-31')
      .map(ms)
    const hours = fc.integer({ min: -4 * 96, max: 4 * 96 }).map(quarters => quarters * 900_000)
    const times = fc.array(hours, { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(options, start, hours, times, ({ minProfitAmount, ...given }, at, age, asked) => {
        const all = { ...given, ...(minProfitAmount !== undefined && { minProfitAmount }) }
        const ask = asking(all, { openedAt: at + age })
        for (const off of asked) {
          const now = at + age + Math.abs(off)
          expect(ask(now)).to.deep.equal(plainly(all, at + age, now))
        }
      }),
      { numRuns: runs(400) },
    )
  })
})

/** The levels of a long at 100 of one unit, read off a list of all days. */
function plainly(
  { at, timezone, days, holidays, minProfitAmount }: Options,
  opened: number,
  now: number,
) {
  const session: SessionDays = {
    timezone,
    days: new Set(days === 'all' ? WEEKDAYS : (days as typeof WEEKDAYS)),
    holidays: new Set(holidays!.map(text => parseDay(text)!)),
  }
  const [hour, minute] = at.split(':').map(Number) as [number, number]
  const today = Math.floor(now / 86_400_000)
  const held = Array.from({ length: 60 }, (_, index) => today - 25 + index)
    .filter(day => isSessionDay(session, day))
    .map(day => ({
      start: firstInstant(timezone, day, 0),
      end: firstInstant(timezone, day, hour * 60 + minute),
    }))
  const first = held.findIndex(({ end }) => end > opened)
  if (minProfitAmount === undefined) return { exitAt: held[first]!.end }
  const index = Math.max(
    first,
    held.findLastIndex(({ start }) => start <= now),
  )
  const { end } = held[index]!
  return now < end ? { rearmAt: end } : { target: 105, rearmAt: held[index + 1]!.start }
}
