import { expect } from 'chai'
import fc from 'fast-check'
import { decimal, decimalText } from '../../../src/brokers/venue/decimal-text.ts'

describe('numbers as decimal text', () => {
  it('are written without an exponent, and parse back to the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), x => {
        fc.pre(x === 0 || Math.abs(x) > 1e-15)
        const text = decimalText(x)
        expect(text).to.match(/^-?\d+(\.\d+)?$/)
        expect(Number(text)).to.equal(x)
      }),
    )
    expect([1e-7, 1.5e-10, 1e21 / 1e6, -2.5e-8].map(decimalText)).to.deep.equal([
      '0.0000001',
      '0.00000000015',
      '1000000000000000',
      '-0.000000025',
    ])
  })

  it('are parsed from digits only', () => {
    const odd = [
      '',
      ' 1',
      '1e3',
      '0x10',
      '1,5',
      '+1',
      '.5',
      '5.',
      'NaN',
      'Infinity',
      '--1',
      '9e400',
    ]
    for (const text of [...odd, 1, null, undefined, true, '9'.repeat(20)])
      expect(decimal.safeParse(text).success, String(text)).to.equal(false)
    expect(['0', '-0.50', '00.10', '123456.789'].map(text => decimal.parse(text))).to.deep.equal([
      0, -0.5, 0.1, 123_456.789,
    ])
  })
})
