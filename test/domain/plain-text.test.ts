import { expect } from 'chai'
import fc from 'fast-check'
import { isName, LONGEST_NAME, onOneLine } from '../../src/domain/plain-text.ts'
import { BAD_NAMES } from '../support/bad-values.ts'

describe('isName', () => {
  for (const [what, name] of BAD_NAMES) {
    it(`is false with ${what}`, () => {
      expect(isName(name)).to.equal(false)
    })
  }

  it('is true for names of any language, up to the longest', () => {
    for (const name of [
      'a',
      'BTC/USDT',
      'NIFTY 24 CE',
      'é',
      '日本',
      '😀',
      'x'.repeat(LONGEST_NAME),
    ])
      expect(isName(name)).to.equal(true)
    expect(isName('')).to.equal(false)
  })
})

describe('onOneLine', () => {
  it('leaves nothing that a terminal or a reader of lines acts upon', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 })
    fc.assert(
      fc.property(fc.oneof(text, fc.constantFrom(...BAD_NAMES.map(([, name]) => name))), given => {
        // eslint-disable-next-line no-control-regex
        expect(onOneLine(given)).to.not.match(/[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/)
      }),
    )
  })

  it('changes no value of a JSON text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), given => {
        expect(JSON.parse(onOneLine(JSON.stringify(given)))).to.equal(given)
      }),
    )
  })
})
