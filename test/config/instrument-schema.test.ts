import { expect } from 'chai'
import { serviceSchema } from '../../src/config/schema.ts'

const faultsOf = (given: object): unknown[] => {
  const { error } = serviceSchema.safeParse({ positions: 'positions.yaml', ...given })
  return (error?.issues ?? []).map(({ path }) => path.join('.'))
}

describe('the bounds of a configuration', () => {
  for (const field of ['multiplier', 'lot', 'minQuantity', 'tickSize']) {
    it(`refuses a ${field} that no product can be finite with`, () => {
      for (const value of [0, 1e-16, 1.1e15, 1e308, Infinity]) {
        const instruments = { ACME: { [field]: value } }
        expect(faultsOf({ instruments }), String(value)).to.deep.equal([
          `instruments.ACME.${field}`,
        ])
      }
      expect(faultsOf({ instruments: { ACME: { [field]: 1e-8 } } })).to.deep.equal([])
    })
  }

  it('refuses a capital and a loss beyond them', () => {
    const limits = [{ name: 'all', maxLoss: 1e308 }]
    expect(faultsOf({ portfolio: { capital: 1e308, limits } })).to.deep.equal([
      'portfolio.capital',
      'portfolio.limits.0.maxLoss',
    ])
  })
})
