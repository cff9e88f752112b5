import { expect } from 'chai'
import { levelText, numberText } from '../../src/domain/level-text.ts'

describe('levelText', () => {
  it('shows no rounding error of a calculation', () => {
    expect(numberText(190000.00000000003)).to.equal('190000')
    expect(levelText(190000.00000000003, { isBelow: true, tickSize: undefined })).to.equal('190000')
    expect(numberText(0.1 + 0.2)).to.equal('0.3')
  })

  it('shows the tick at which a level is reached', () => {
    expect(levelText(99.37, { isBelow: true, tickSize: 0.25 })).to.equal('99.25')
    expect(levelText(99.37, { isBelow: false, tickSize: 0.25 })).to.equal('99.5')
    expect(levelText(-1.3, { isBelow: true, tickSize: 0.5 })).to.equal('-1.5')
  })

  it('treats a level within floating-point error of a tick as that tick', () => {
    const level = 24_905.05 * 1.1
    expect(levelText(level, { isBelow: false, tickSize: 0.005 })).to.equal('27395.555')
    expect(levelText(1.1 * 3, { isBelow: false, tickSize: 0.1 })).to.equal('3.3')
    expect(levelText(0.3 - 1e-17, { isBelow: true, tickSize: 0.1 })).to.equal('0.3')
  })
})
