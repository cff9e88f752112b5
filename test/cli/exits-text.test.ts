import { expect } from 'chai'
import { exitsText } from '../../src/cli/exits-text.ts'
import type { TradeView } from '../../src/ports/trades.ts'

const TRADE: TradeView = {
  seq: 1,
  positionId: 'p1',
  generation: 1,
  instrument: 'ACME',
  side: 'long',
  account: null,
  underlying: null,
  currency: 'USD',
  entryPrice: 100,
  multiplier: 1,
  openedAt: 0,
  closedAt: 1,
  end: 'filled',
  reason: 'trailing-stop',
  matched: ['trailing-stop'],
  decidedAt: 1,
  level: 95.31,
  decidedPrice: 95,
  quantity: 1,
  price: 95,
  profit: -5,
  profitPct: -5,
  clientOrderId: 'wk1',
  attempts: 1,
  best: 106,
  worst: 94,
  firstStop: 90,
  mfePct: 6,
  maePct: -6,
  r: -0.5,
  tickSize: 0.25,
  steps: [],
}

describe('The text of exits', () => {
  const lineOf = (but: Partial<TradeView>): string =>
    exitsText([{ ...TRADE, ...but }], (_style, text) => text)[1]!

  it('has a dash for every figure that is unknown, and the level as it is without a tick size', () => {
    const unknown = { mfePct: null, maePct: null, r: null, tickSize: null }
    expect(lineOf(unknown)).to.match(/ -5 +-5\.00 % +- +- +- +trailing-stop at 95\.31$/)
  })

  it('has excursions, R, and the tick at which a level is reached, on its own side of the price', () => {
    expect(lineOf({})).to.match(/\+6\.00 % +-6\.00 % +-0\.50 +trailing-stop at 95\.25$/)
    expect(lineOf({ side: 'short' })).to.contain('trailing-stop at 95.5')
    expect(lineOf({ reason: 'take-profit', matched: [] })).to.contain('take-profit at 95.5')
  })
})
