import { expect } from 'chai'
import {
  amountText,
  paintFor,
  pctText,
  readable,
  sparkline,
  tableLines,
  type TextStream,
} from '../../src/cli/output.ts'

const stream = (isTTY?: boolean): TextStream => ({
  write: () => true,
  ...(isTTY !== undefined && { isTTY }),
})

const red = (isTTY: boolean | undefined, env: NodeJS.ProcessEnv): string =>
  paintFor(stream(isTTY), env)('red', 'x')

const PLAIN = 'x'
const PAINTED = '\u001B[31mx\u001B[39m'

describe('paintFor', () => {
  it('adds colours for a terminal only', () => {
    expect(red(true, {})).to.equal(PAINTED)
    expect(red(false, {})).to.equal(PLAIN)
    expect(red(undefined, {})).to.equal(PLAIN)
  })

  it('adds no colours where NO_COLOR is set and not empty', () => {
    expect(red(true, { NO_COLOR: '1' })).to.equal(PLAIN)
    expect(red(true, { NO_COLOR: '' })).to.equal(PAINTED)
  })

  it('adds colours everywhere where FORCE_COLOR is set and not 0', () => {
    expect(red(false, { FORCE_COLOR: '1' })).to.equal(PAINTED)
    expect(red(true, { FORCE_COLOR: '1', NO_COLOR: '1' })).to.equal(PAINTED)
    expect(red(false, { FORCE_COLOR: '0' })).to.equal(PLAIN)
  })
})

describe('tableLines', () => {
  it('aligns columns, numbers to the right, and leaves no space at the end', () => {
    const rows = [
      ['name', 'price', 'note'],
      ['a', '7', ''],
      ['longer', '1234.5', 'odd'],
    ]
    expect(tableLines(rows, new Set([1]))).to.deep.equal([
      'name     price  note',
      'a            7',
      'longer  1234.5  odd',
    ])
  })

  it('prints no line for no row, and accepts rows of unequal length', () => {
    expect(tableLines([])).to.deep.equal([])
    expect(tableLines([['a'], ['bb', 'c']])).to.deep.equal(['a', 'bb  c'])
  })
})

describe('sparkline', () => {
  it('leaves a space for what is unknown, and is flat where all is 0', () => {
    expect(sparkline([null, null])).to.equal('  ')
    expect(sparkline([0, null, 0])).to.equal('▁ ▁')
    expect(sparkline([])).to.equal('')
  })

  it('shows each number as a part of the largest', () => {
    expect(sparkline([0, 1, 2, 4])).to.equal('▁▃▅█')
  })
})

describe('Numbers for a person', () => {
  it('have commas and a bounded number of decimals', () => {
    expect(readable(1234567.891)).to.equal('1,234,567.89')
    expect(readable(1234.5, 0)).to.equal('1,235')
    expect(readable(0.1)).to.equal('0.1')
  })

  it('show amounts of coins, which are small, with their digits', () => {
    expect(amountText(-0.00109704641)).to.equal('-0.001097')
    expect(amountText(-1234.567)).to.equal('-1,234.57')
    expect(amountText(-0)).to.equal('0')
  })

  it('show the sign of a percentage', () => {
    expect([pctText(1.005), pctText(0), pctText(-2.5)]).to.deep.equal([
      '+1.00 %',
      '0.00 %',
      '-2.50 %',
    ])
  })
})

describe('a table', () => {
  it('shows what a terminal would act upon as its code', () => {
    const [line] = tableLines([['a\u001b[31m', 'b\nc', '\u202ed']])
    expect(line).to.equal(String.raw`a\u001b[31m  b\u000ac  \u202ed`)
  })
})
