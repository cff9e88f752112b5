import { expect } from 'chai'
import { holdingsSchema } from '../../src/config/gateway-schema.ts'

const faultsOf = (given: object): string[] =>
  holdingsSchema
    .safeParse(given)
    .error!.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('the config of holdings', () => {
  it('requires rules and instruments where holdings are adopted', () => {
    expect(faultsOf({ adopt: 'rules' })).to.deep.equal([
      "instruments: a list of instruments, such as ['BTC*'], as adopt is rules",
      'defaultRules: the rules of what is adopted, as adopt is rules',
    ])
  })

  it('validates default rules like those of a position, with the path of each fault', () => {
    const defaultRules = { stopLoss: { pct: -1 }, trailingstop: {} }
    const faults = faultsOf({ adopt: 'rules', instruments: ['*'], defaultRules })
    expect(faults).to.have.length(2)
    expect(faults[0]).to.match(/^defaultRules\.stopLoss\.pct: /)
    expect(faults[1]).to.match(/^defaultRules\.trailingstop: /)
  })

  it('requires neither elsewhere', () => {
    expect(holdingsSchema.parse({}).adopt).to.equal('alert')
  })
})
