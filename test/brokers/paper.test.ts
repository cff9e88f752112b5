import { expect } from 'chai'
import { PaperBroker } from '../../src/brokers/paper.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../src/domain/order.ts'
import type { OrderUpdate } from '../../src/ports/broker.ts'
import { aPosition } from '../support/builders.ts'

const ACME = instrumentId('ACME')

const anOrder = (but: Partial<ExitOrder> = {}): ExitOrder => ({
  clientOrderId: 'c1' as ClientOrderId,
  positionId: positionId('p1'),
  instrument: ACME,
  side: 'long',
  quantity: 2,
  priceSource: 'trade',
  reduceOnly: true,
  ...but,
})

describe('PaperBroker', () => {
  let prices: Record<string, number>
  let broker: PaperBroker
  let updates: OrderUpdate[]

  beforeEach(() => {
    prices = {}
    updates = []
    broker = new PaperBroker({ price: (_instrument, view) => prices[view] })
    broker.streamOrders(update => updates.push(update))
    broker.deposit(aPosition({ quantity: 6 }))
    broker.deposit(aPosition({ side: 'short', quantity: 2 }))
  })

  it('keeps an order working until its instrument has a price, and fills it once', async () => {
    expect(await broker.placeExit(anOrder())).to.deep.equal({ kind: 'acknowledged' })
    broker.priced(ACME)
    prices['trade'] = 90
    broker.priced(instrumentId('OTHER'))
    expect(updates).to.deep.equal([])
    broker.priced(ACME)
    broker.priced(ACME)
    expect(updates.map(({ order }) => 'executed' in order && order.executed.price)).to.deep.equal([
      90,
    ])
  })

  it('makes no second order of the same client order id', async () => {
    prices['trade'] = 90
    const first = await broker.placeExit(anOrder())
    prices['trade'] = 80
    expect(await broker.placeExit(anOrder())).to.deep.equal(first)
  })

  it('fills the whole quantity at the price that values the position', async () => {
    Object.assign(prices, { trade: 90, bid: 89, ask: 91 })
    const priceOf = async (
      id: string,
      but: Partial<ExitOrder>,
    ): Promise<number | null | undefined> => {
      const answer = await broker.placeExit(anOrder({ clientOrderId: id as ClientOrderId, ...but }))
      return answer.kind === 'acknowledged' ? answer.order?.executed.price : undefined
    }
    expect(await priceOf('a', {})).to.equal(90)
    expect(await priceOf('b', { priceSource: 'quote' })).to.equal(89)
    expect(await priceOf('c', { priceSource: 'quote', side: 'short' })).to.equal(91)
  })

  it('fills no more than a side holds, and names the rest', async () => {
    prices['trade'] = 90
    const order = anOrder({ quantity: 9 })
    const answer = await broker.placeExit(order)
    const cut = { kind: 'ended', executed: { quantity: 6, price: 90 } }
    expect(answer).to.deep.equal({ kind: 'acknowledged', order: cut })
    const report = await broker.holding({ instrument: ACME, side: 'long' })
    expect(report).to.deep.equal({ kind: 'flat', ageMs: 0 })
    expect(await broker.holdings()).to.deep.equal([
      { instrument: ACME, side: 'short', quantity: -2, ageMs: 0 },
    ])
    const next = await broker.placeExit(anOrder({ clientOrderId: 'c2' as ClientOrderId }))
    expect(next).to.deep.equal({ kind: 'rejected', code: 'insufficient-quantity' })
  })
})
