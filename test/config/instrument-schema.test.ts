import { expect } from 'chai'
import { serviceSchema } from '../../src/config/schema.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { parseDay } from '../../src/risk/calendar.ts'

const faultsOf = (given: object): unknown[] => {
  const { error } = serviceSchema.safeParse({ positions: 'positions.yaml', ...given })
  return (error?.issues ?? []).map(({ path }) => path.join('.'))
}

describe('the bounds of a configuration', () => {
  for (const field of ['multiplier', 'lot', 'minQuantity', 'tickSize']) {
    it(`refuses a ${field} whose products would not be finite`, () => {
      for (const value of [0, 1e-16, 1.1e15, 1e308, Infinity]) {
        const instruments = { ACME: { [field]: value } }
        expect(faultsOf({ instruments }), String(value)).to.deep.equal([
          `instruments.ACME.${field}`,
        ])
      }
      expect(faultsOf({ instruments: { ACME: { [field]: 1e-8 } } })).to.deep.equal([])
    })
  }

  it('refuses a capital and a loss beyond the bounds', () => {
    const limits = [{ name: 'all', maxLoss: 1e308 }]
    expect(faultsOf({ portfolio: { capital: 1e308, limits } })).to.deep.equal([
      'portfolio.capital',
      'portfolio.limits.0.maxLoss',
    ])
  })
})

describe('the instruments of a configuration', () => {
  const specOf = (given: object) =>
    serviceSchema.parse({ instruments: { 'A*': given } }).instruments.of(instrumentId('ACME'))

  it('have the settings of their pattern', () => {
    expect(specOf({ contract: 'inverse', multiplier: 100, negativePrices: true })).to.include({
      contract: 'inverse',
      multiplier: 100,
      mayBeNegative: true,
    })
    expect(specOf({})).to.include({ contract: 'linear', multiplier: 1, mayBeNegative: false })
  })

  it('have one session from open to close, or those of sessions', () => {
    const timezone = 'UTC'
    const session = { open: '09:00', close: '12:30' }
    const minutes = { open: 9 * 60, close: 12 * 60 + 30 }
    expect(specOf({ hours: { timezone, ...session } }).hours?.sessions).to.deep.equal([minutes])
    const two = [session, { open: '13:00', close: '14:00' }]
    expect(specOf({ hours: { timezone, sessions: two } }).hours?.sessions).to.deep.equal([
      minutes,
      { open: 13 * 60, close: 14 * 60 },
    ])
  })

  it('have no session on holidays, and those of exceptions on their dates', () => {
    const { hours } = specOf({
      hours: {
        timezone: 'UTC',
        open: '09:00',
        close: '17:00',
        holidays: ['2026-12-25'],
        exceptions: { '2026-12-24': { open: '09:00', close: '12:00' }, '2026-12-31': 'closed' },
      },
    })
    expect([...hours!.exceptions]).to.have.deep.members([
      [parseDay('2026-12-25'), []],
      [parseDay('2026-12-24'), [{ open: 9 * 60, close: 12 * 60 }]],
      [parseDay('2026-12-31'), []],
    ])
  })
})

describe('a limit on a loss', () => {
  it('is a share of the capital with maxLossPct', () => {
    const limits = [{ name: 'all', maxLossPct: 3 }]
    const { portfolio } = serviceSchema.parse({ portfolio: { capital: 50_000, limits } })
    expect(portfolio.limits[0]?.maxLoss).to.equal(1_500)
  })
})
