import { expect } from 'chai'
import { blocksOf, placeOf } from '../support/docs/blocks.ts'
import { runExample, shownValues } from '../support/docs/run-example.ts'

describe('docs/embedding.md', () => {
  for (const block of blocksOf('docs/embedding.md').filter(({ language }) => language === 'ts')) {
    it(`shows a program that runs, and the values that it has: ${placeOf(block)}`, async () => {
      expect(shownValues(block.text)).to.be.at.least(1)
      expect(await runExample(block.text)).to.deep.equal([])
    })
  }
})
