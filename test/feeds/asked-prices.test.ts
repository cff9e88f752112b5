import { expect } from 'chai'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { AskedPrices } from '../../src/feeds/asked-prices.ts'

const tick = (ts: number, more: Partial<Tick> = {}): Tick => ({
  instrument: instrumentId('ACME'),
  ts,
  price: 100,
  ...more,
})

describe('AskedPrices', () => {
  it('treats an identical answer as no news', () => {
    const asked = new AskedPrices()
    const noTrade = { price: NaN, bid: 99 }
    expect(asked.news(tick(1, noTrade), 10)).to.not.equal(undefined)
    expect(asked.news(tick(1, noTrade), 20)).to.equal(undefined)
    expect(asked.news(tick(2, noTrade), 30)).to.not.equal(undefined)
  })

  it('dates a change under an unchanged time as of the answer before it', () => {
    const asked = new AskedPrices()
    asked.news(tick(1, { bid: 99.9 }), 1_000)
    asked.news(tick(1, { bid: 99.9 }), 2_000)
    expect(asked.news(tick(1, { bid: 80 }), 3_000)).to.deep.equal(tick(2_000, { bid: 80 }))
  })

  it('treats a change with an earlier time as news of that time', () => {
    const asked = new AskedPrices()
    asked.news(tick(5_000), 1_000)
    expect(asked.news(tick(1_000, { price: 90 }), 2_000)).to.deep.equal(tick(1_000, { price: 90 }))
  })

  it('starts again with an instrument that was not polled meanwhile', () => {
    const asked = new AskedPrices()
    asked.news(tick(1), 1_000)
    asked.keep(() => false)
    expect(asked.news(tick(1), 2_000)).to.deep.equal(tick(1))
  })
})
