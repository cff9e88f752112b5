import { expect } from 'chai'
import { advisorsSchema } from '../../src/advisors/options.ts'

describe('the schema of advisors', () => {
  it('refuses a second advisor of one name: journal, health and metrics go by it', () => {
    const advisor = (name: string): object => ({ name, command: ['sh'] })
    const { error } = advisorsSchema.safeParse([advisor('a'), advisor('b'), advisor('a')])
    expect(error?.issues.map(({ path, message }) => [path, message])).to.deep.equal([
      [[2, 'name'], 'a name that no other advisor has'],
    ])
    expect(advisorsSchema.safeParse([advisor('a'), advisor('b')]).success).to.equal(true)
  })
})
