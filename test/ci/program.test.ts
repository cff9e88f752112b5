import { expect } from 'chai'
import { theProgram } from '../support/compiled.ts'

describe('the bundles of the programs that tests start', () => {
  it('refuse a program that is not bundled, by its name', () => {
    expect(() => theProgram().file('test/support/until.ts')).to.throw(
      '.ci/program.mjs bundles no test/support/until.ts',
    )
  })
})
