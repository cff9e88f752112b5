import { expect } from 'chai'
import { closestName, expectedWord } from '../../src/domain/closest-name.ts'

describe('the closest name', () => {
  it('is none where no name is near', () => {
    expect(closestName('colour', ['long', 'short'])).to.equal(undefined)
    expect(closestName('buy', ['stopLoss'])).to.equal(undefined)
    expect(closestName('constructor', ['long'])).to.equal(undefined)
  })

  it('is the same name in another case', () => {
    expect(closestName('LONG', ['short', 'long'])).to.equal('long')
    expect(closestName('entry_price', ['price', 'entryPrice'])).to.equal('entryPrice')
  })

  it('is the one that a longer or shorter word begins with, unless several do', () => {
    expect(closestName('warning', ['error', 'warn', 'info'])).to.equal('warn')
    expect(closestName('Monday', ['mon', 'tue'])).to.equal('mon')
    expect(closestName('stop', ['stopA-limits', 'stopA-market'])).to.equal(undefined)
    expect(closestName('ab', ['abcdef', 'x'])).to.equal(undefined)
  })

  it('is a guess behind the words that there are', () => {
    expect(expectedWord('flaten', ['off', 'flatten'])).to.equal(
      'one of off, flatten: did you mean flatten?',
    )
    expect(expectedWord(7, ['off', 'flatten'])).to.equal('one of off, flatten')
  })

  it('is what a name of other programs stands for', () => {
    const fields = ['id', 'instrument', 'side', 'quantity', 'entryPrice']
    expect(closestName('buy', ['long', 'short'])).to.equal('long')
    expect(closestName('SELL', ['long', 'short'])).to.equal('short')
    expect(closestName('qty', fields)).to.equal('quantity')
    expect(closestName('symbol', fields)).to.equal('instrument')
  })
})
