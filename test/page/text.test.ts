import { expect } from 'chai'
import {
  ageText,
  countText,
  digitsOf,
  durationText,
  moneyText,
  priceText,
  whyText,
} from '../../src/page/text.ts'

describe('The texts of the page', () => {
  it('show a price in the digits of its tick size, or unchanged', () => {
    expect(priceText(2_592.52, 0.05)).to.equal('2,592.52')
    expect(priceText(4.1, 0.05)).to.equal('4.10')
    expect(priceText(1.06306188, null)).to.equal('1.0630619')
    expect(priceText(-12, 1)).to.equal('−12')
    expect(priceText(null, 1)).to.equal('–')
    expect(digitsOf(0.00001)).to.equal(5)
  })

  it('show unknown money as unknown instead of 0, and never show a negative 0', () => {
    expect(moneyText(null)).to.equal('not known')
    expect(moneyText(-0.001, null, true)).to.equal('0.00')
    expect(moneyText(12.5, 'USD', true)).to.equal('+12.50 USD')
    expect(moneyText(-123_456.7)).to.equal('−123,457')
    expect(countText(10_000)).to.equal('10,000')
  })

  it('say durations in one unit', () => {
    expect([durationText(12), durationText(61_000), durationText(3_600_000)]).to.deep.equal([
      '12 ms',
      '61 s',
      '60 min',
    ])
    expect([durationText(-5), ageText(900)]).to.deep.equal(['0 ms', '0 s'])
  })

  it('show the result of a check in words', () => {
    expect(whyText('positions:unguarded: 1: a for 3.0 s')).to.equal(
      'positions unguarded – 1: a for 3.0 s',
    )
    expect(whyText('the service is starting')).to.equal('the service is starting')
  })
})
