import { expect } from 'chai'
import { PaperBroker } from '../../src/brokers/paper.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../../src/domain/order.ts'

const ACME = instrumentId('ACME')

const anOrder = (but: Partial<ExitOrder> = {}): ExitOrder => ({
  clientOrderId: 'c1' as ClientOrderId,
  positionId: positionId('p1'),
  instrument: ACME,
  side: 'long',
  quantity: 2,
  priceSource: 'trade',
  ...but,
})

describe('PaperBroker', () => {
  let prices: Record<string, number>
  let broker: PaperBroker
  let fills: Fill[]

  beforeEach(() => {
    prices = {}
    fills = []
    broker = new PaperBroker({ price: (_instrument, view) => prices[view] })
    broker.streamOrders(fill => fills.push(fill))
  })

  it('keeps an order working until its instrument has a price, and fills it once', async () => {
    expect(await broker.placeExit(anOrder())).to.deep.equal({ kind: 'acknowledged' })
    broker.priced(ACME)
    prices['trade'] = 90
    broker.priced(instrumentId('OTHER'))
    expect(fills).to.deep.equal([])
    broker.priced(ACME)
    broker.priced(ACME)
    expect(fills.map(({ price }) => price)).to.deep.equal([90])
  })

  it('makes no second order of the same client order id', async () => {
    prices['trade'] = 90
    const first = await broker.placeExit(anOrder())
    prices['trade'] = 80
    expect(await broker.placeExit(anOrder())).to.deep.equal(first)
  })

  it('fills the whole quantity at the price that values the position', async () => {
    Object.assign(prices, { trade: 90, bid: 89, ask: 91 })
    const priceOf = async (id: string, but: Partial<ExitOrder>): Promise<number | undefined> => {
      const answer = await broker.placeExit(anOrder({ clientOrderId: id as ClientOrderId, ...but }))
      return answer.kind === 'filled' ? answer.fill.price : undefined
    }
    expect(await priceOf('a', {})).to.equal(90)
    expect(await priceOf('b', { priceSource: 'quote' })).to.equal(89)
    expect(await priceOf('c', { priceSource: 'quote', side: 'short' })).to.equal(91)
  })
})
