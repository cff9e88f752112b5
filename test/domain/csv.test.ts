import { expect } from 'chai'
import { csvCell } from '../../src/domain/csv.ts'

describe('A cell of CSV', () => {
  for (const [value, text] of [
    [null, ''],
    [-1.5, '-1.5'],
    ['plain', 'plain'],
    ['a,"b"', '"a,""b"""'],
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@sum', "'@sum"],
    ['two\nlines', 'two\\u000alines'],
  ] as const) {
    it(`shows ${JSON.stringify(value)} as ${text || 'nothing'}`, () => {
      expect(csvCell(value)).to.equal(text)
    })
  }
})
