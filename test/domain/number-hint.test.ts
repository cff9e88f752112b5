import { expect } from 'chai'
import { numberHint } from '../../src/domain/number-hint.ts'

describe('the hint about a number that is a text', () => {
  const CASES: readonly [text: unknown, hint: string][] = [
    ['100', ', without quotes'],
    ['-1.5e3', ', without quotes'],
    ['61,837.50', ', without separators'],
    ['61.837,50', ', without separators'],
    ['61_837', ', without separators'],
    ['61 837', ', without separators'],
    ['2%', ', without %'],
    ['30s', ', without a unit'],
    ['100 USD', ', without a unit'],
    ['$1,000', ', without a unit'],
    ['100 €', ', without a unit'],
    ['eighty', ''],
    ['', ''],
    [100, ''],
    [undefined, ''],
  ]
  for (const [text, hint] of CASES) {
    it(`for ${JSON.stringify(text)} is ${JSON.stringify(hint)}`, () => {
      expect(numberHint(text)).to.equal(hint)
    })
  }
})
