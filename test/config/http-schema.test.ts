import { expect } from 'chai'
import { httpSchema } from '../../src/config/http-schema.ts'

const VALUE = 'not-to-be-guessed-1'
const OTHER = 'not-to-be-guessed-2'

/** Path and message of each fault. */
const faultsOf = (given: object): (readonly [string, string])[] =>
  (httpSchema.safeParse(given).error?.issues ?? []).map(({ path, message }) => [
    path.join('.'),
    message,
  ])

const FAULT = 'a role of its own: another token has the same value'

describe('the schema of http', () => {
  it('refuses two tokens of one value, which would have two roles, and repeats no value', () => {
    const reader = { name: 'dashboard', role: 'read', token: VALUE }
    const agent = { name: 'strategy', role: 'agent', token: VALUE }
    const faults = faultsOf({ tokens: [reader, agent] })
    expect(faults).to.deep.equal([['tokens.1.role', FAULT]])
  })

  it('refuses a named token that is the main one', () => {
    const reader = { name: 'dashboard', role: 'read', token: VALUE }
    expect(faultsOf({ token: VALUE, tokens: [reader] })).to.deep.equal([['tokens.0.role', FAULT]])
  })

  it('takes tokens of different values, and several that stand in files', () => {
    const tokens = [
      { name: 'dashboard', role: 'read', token: VALUE },
      { name: 'strategy', role: 'agent', token: OTHER },
      { name: 'one', role: 'read', tokenFile: 'one' },
      { name: 'two', role: 'read', tokenFile: 'two' },
    ]
    expect(faultsOf({ tokens })).to.deep.equal([])
  })
})
