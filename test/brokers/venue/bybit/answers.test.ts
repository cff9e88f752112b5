import { expect } from 'chai'
import type { BybitBroker } from '../../../../src/brokers/venue/bybit/broker.ts'
import { bybitBroker, bybitSchema } from '../../../../src/brokers/venue/bybit/options.ts'
import { AnsweringVenue, provesNothing, QUESTIONS } from '../../../support/venues/answering.ts'
import { KEY } from '../../../support/venues/bybit.ts'
import { GOLDEN_ID } from '../../../support/venues/golden.ts'
import { mutantsOf } from '../../../support/venues/mutations.ts'

const reply = (result: unknown) => ({ retCode: 0, retMsg: 'OK', result, time: 1_700_000_000_000 })
const ACKNOWLEDGED = reply({ orderId: '17', orderLinkId: GOLDEN_ID })
const ORDER = {
  symbol: 'BTCUSDT',
  orderId: '17',
  orderLinkId: GOLDEN_ID,
  orderStatus: 'Filled',
  side: 'Sell',
  qty: '0.005',
  cumExecQty: '0.005',
  avgPrice: '61000.5',
}
const ORDER_FIELDS = [
  'symbol',
  'orderId',
  'orderLinkId',
  'orderStatus',
  'side',
  'qty',
  'cumExecQty',
]
const POSITION = { symbol: 'BTCUSDT', positionIdx: 0, side: '', size: '0', avgPrice: '0' }
const POSITION_FIELDS = ['symbol', 'positionIdx', 'size']
const AROUND = ['retCode', 'retMsg', 'result', 'list', 'time']

const listed = (row: object) => reply({ list: [row], nextPageCursor: '', category: 'linear' })

describe('answers of Bybit', () => {
  const venue = new AnsweringVenue({
    isTime: path => path === '/v5/market/time',
    time: reply({}),
  })
  let broker: BybitBroker

  before(async () => {
    const url = await venue.open()
    broker = bybitBroker(bybitSchema.parse({ kind: 'bybit', environment: 'testnet', url, ...KEY }))
  })
  after(async () => {
    await broker.close()
    venue.close()
  })
  beforeEach(() => (venue.status = 200))

  const asked = (value: unknown, ask: keyof typeof QUESTIONS): Promise<string> => {
    venue.text = JSON.stringify(value)
    return QUESTIONS[ask](broker)
  }

  it('are read in full where nothing is damaged', async () => {
    expect(await asked(ACKNOWLEDGED, 'placeExit')).to.equal('acknowledged')
    expect(await asked(listed(ORDER), 'orderByClientId')).to.equal('filled')
    expect(
      await asked(listed({ ...ORDER, orderStatus: 'New', cumExecQty: '0' }), 'orderByClientId'),
    ).to.equal('working')
    const rejected = { ...ORDER, orderStatus: 'Rejected', cumExecQty: '0', avgPrice: '' }
    expect(await asked(listed(rejected), 'orderByClientId')).to.equal('rejected')
    const partly = { ...ORDER, orderStatus: 'Rejected', cumExecQty: '0.001' }
    expect(await asked(listed(partly), 'orderByClientId')).to.equal('ended')
    expect(await asked(reply({ list: [] }), 'orderByClientId')).to.equal('absent')
    expect(await asked(listed(POSITION), 'holding')).to.equal('flat')
    expect(await asked(listed({ ...POSITION, side: 'Sell', size: '3' }), 'holding')).to.equal(
      'held',
    )
    expect(await asked({ retCode: 110072, retMsg: 'x' }, 'placeExit')).to.equal('duplicate')
    expect(await asked({ retCode: 110017, retMsg: 'x' }, 'placeExit')).to.equal('rejected')
  })

  it('to a new order prove nothing where they are damaged', async () => {
    const fields = ['retCode', 'retMsg', 'result', 'time', 'orderId', 'orderLinkId']
    const mutants = mutantsOf(ACKNOWLEDGED, fields).filter(
      ({ how }) =>
        !/^(retMsg|orderId) (another|an empty) text$/.test(how) || how === 'orderId an empty text',
    )
    await provesNothing(venue, mutants, () => QUESTIONS.placeExit(broker))
  })

  it('to an order query prove nothing where they are damaged, contradict themselves or are about another order', async () => {
    const but = (field: string, value: unknown) => ({
      how: `${field} ${String(value)}`,
      text: JSON.stringify(listed({ ...ORDER, [field]: value })),
    })
    const mutants = [
      ...mutantsOf(listed(ORDER), [...AROUND, ...ORDER_FIELDS]).filter(
        ({ how }) => !/^(retMsg|orderId) (another|an empty) text$/.test(how),
      ),
      but('orderLinkId', 'wk1'),
      but('symbol', 'ETHUSDT'),
      but('cumExecQty', '0.004'),
      but('cumExecQty', '0.006'),
      but('orderStatus', 'New'),
      { how: 'two orders', text: JSON.stringify(reply({ list: [ORDER, ORDER] })) },
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.orderByClientId(broker))
  })

  it('about a holding prove nothing where they are damaged, or about another one or mode', async () => {
    const row = (but: object, how: string) => ({
      how,
      text: JSON.stringify(listed({ ...POSITION, ...but })),
    })
    const mutants = [
      ...mutantsOf(listed(POSITION), [...AROUND, ...POSITION_FIELDS]).filter(
        ({ how }) => !/^retMsg (another|an empty) text$/.test(how),
      ),
      { how: 'no row', text: JSON.stringify(reply({ list: [] })) },
      { how: 'twice', text: JSON.stringify(reply({ list: [POSITION, POSITION] })) },
      row({ symbol: 'ETHUSDT' }, 'another'),
      row({ positionIdx: 1, side: 'Buy', size: '1' }, 'the other mode'),
      row({ size: '5' }, 'a size without a side'),
      row({ size: '-5', side: 'Buy' }, 'a size below 0'),
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.holding(broker))
  })

  it('give no list that is damaged, endless, or has a row twice', async () => {
    const held = { ...POSITION, side: 'Buy', size: '1' }
    const endless = reply({ list: [held], nextPageCursor: 'again' })
    const mutants = [
      ...mutantsOf(listed(held), ['result', 'list', 'size', 'side', 'positionIdx']),
      { how: 'endless', text: JSON.stringify(endless) },
      { how: 'twice', text: JSON.stringify(reply({ list: [held, held] })) },
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.holdings(broker))
    const open = { ...ORDER, orderStatus: 'New', cumExecQty: '0' }
    await provesNothing(venue, mutantsOf(listed(open), ['list', 'qty', 'cumExecQty', 'side']), () =>
      QUESTIONS.openOrders(broker),
    )
  })

  it('prove nothing with any status but 200', async () => {
    for (const status of [201, 400, 404, 500, 502, 503, 504]) {
      venue.status = status
      for (const value of [{ retCode: 110017, retMsg: 'x' }, ACKNOWLEDGED, listed(POSITION)]) {
        for (const ask of ['placeExit', 'orderByClientId', 'holding'] as const)
          expect(await asked(value, ask), `${status} ${ask}`).to.equal('unknown')
      }
    }
  })
})
