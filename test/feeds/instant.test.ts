import { expect } from 'chai'
import fc from 'fast-check'
import { parseInstant } from '../../src/feeds/instant.ts'

describe('parseInstant', () => {
  const refused = [
    '',
    ' 1',
    '1 ',
    '1.5',
    '1e3',
    '+1',
    '0x10',
    '1_000',
    'now',
    '8640000000000001',
    '2024-08-09',
    '2024-08-09T00:00:00',
    '2024-08-09 00:00:00Z',
    '2024-08-09t00:00:00z',
    '2024-08-09T00Z',
    '2024-8-9T00:00:00Z',
    '24-08-09T00:00:00Z',
    '2024-08-09T00:00:00.Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-08-09T24:00:00Z',
    '2024-08-09T23:60:00Z',
    '2024-08-09T23:59:60Z',
    '2024-08-09T00:00:00+24:00',
    '2024-08-09T00:00:00+01:60',
    '2024-08-09T00:00:00+1',
    '2024-08-09T00:00:00Z ',
    '2024-08-09T00:00:00GMT',
  ]
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(Number.isNaN(parseInstant(text))).to.equal(true)
    })
  }

  it('reads an integer as epoch ms, also before 1970', () => {
    expect([parseInstant('1723161255'), parseInstant('-5')]).to.deep.equal([1723161255, -5])
  })

  it('takes the spellings of an offset, and a time without seconds', () => {
    const at = Date.UTC(2024, 1, 29, 12, 30)
    for (const text of ['12:30Z', '12:30:00Z', '18:00:00+05:30', '18:00+0530', '07:30:00.000-05']) {
      expect(parseInstant(`2024-02-29T${text}`), text).to.equal(at)
    }
  })

  it('cuts off digits finer than a millisecond', () => {
    expect(parseInstant('1970-01-01T00:00:01.2349999Z')).to.equal(1234)
    expect(parseInstant('1970-01-01T00:00:00.5Z')).to.equal(500)
  })

  it('agrees with Date on every date of the years 0 to 9999', () => {
    const day = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(day, date => parseInstant(date.toISOString()) === date.getTime()),
      { numRuns: 5000 },
    )
  })
})
