import { expect } from 'chai'
import { ruleSetOf } from '../../src/account/stored-rules.ts'
import { aPosition } from '../support/builders.ts'
import { codeOf } from '../support/code-of.ts'

describe('the stored rules of a position', () => {
  it('compile to its rule set', () => {
    const { rules } = ruleSetOf({ position: aPosition(), rules: { stopLoss: { pct: 5 } } })
    expect(rules).to.have.length(1)
  })

  it('fail with BAD_RULES where they cannot be compiled', async () => {
    const stored = { position: aPosition(), rules: { stopLoss: { pct: -5 } } }
    expect(await codeOf(() => ruleSetOf(stored))).to.equal('BAD_RULES')
  })
})
