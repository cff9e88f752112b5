import { expect } from 'chai'
import { totalsOf } from '../../../src/page/views/trade-figures.ts'

describe('The totals of trades on the page', () => {
  it('are those of each currency, without trades whose profit is unknown', () => {
    const trades = [
      { profit: 5, currency: 'USD' },
      { profit: null, currency: 'EUR' },
      { profit: -2, currency: null },
      { profit: 1.5, currency: 'USD' },
    ]
    expect(totalsOf(trades)).to.deep.equal([
      ['USD', 6.5],
      [null, -2],
    ])
  })
})
