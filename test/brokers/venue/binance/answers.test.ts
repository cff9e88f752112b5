import { expect } from 'chai'
import type { BinanceBroker } from '../../../../src/brokers/venue/binance/broker.ts'
import { binanceBroker, binanceSchema } from '../../../../src/brokers/venue/binance/options.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import { AnsweringVenue, BTC, provesNothing, QUESTIONS } from '../../../support/venues/answering.ts'
import { KEY } from '../../../support/venues/binance.ts'
import { GOLDEN_ID } from '../../../support/venues/golden.ts'
import { mutantsOf } from '../../../support/venues/mutations.ts'

const ORDER = {
  symbol: 'BTCUSDT',
  orderId: 17,
  clientOrderId: GOLDEN_ID,
  status: 'FILLED',
  side: 'SELL',
  origQty: '0.005',
  executedQty: '0.005',
  avgPrice: '61000.5',
}
const ORDER_FIELDS = [
  'symbol',
  'orderId',
  'clientOrderId',
  'status',
  'side',
  'origQty',
  'executedQty',
]
const POSITION = {
  symbol: 'BTCUSDT',
  positionSide: 'BOTH',
  positionAmt: '0.000',
  entryPrice: '0.0',
}
const POSITION_FIELDS = ['symbol', 'positionSide', 'positionAmt']

/** An answer with one field changed. */
const but = (field: string, value: unknown) => ({
  how: `${field} ${String(value)}`,
  text: JSON.stringify({ ...ORDER, [field]: value }),
})

describe('answers of Binance', () => {
  const venue = new AnsweringVenue({
    isTime: path => path === '/fapi/v1/time',
    time: { serverTime: 1_700_000_000_000 },
    noStops: [],
  })
  let broker: BinanceBroker

  before(async () => {
    const url = await venue.open()
    const config = { kind: 'binance', environment: 'testnet', url, ...KEY }
    broker = binanceBroker(binanceSchema.parse(config))
  })
  after(async () => {
    await broker.close()
    venue.close()
  })
  beforeEach(() => (venue.status = 200))

  const outcome = (value: unknown, ask: keyof typeof QUESTIONS): Promise<string> => {
    venue.text = JSON.stringify(value)
    return QUESTIONS[ask](broker)
  }

  it('are read in full where nothing is damaged', async () => {
    expect(await outcome(ORDER, 'placeExit')).to.equal('acknowledged')
    expect(await outcome(ORDER, 'orderByClientId')).to.equal('filled')
    expect(await outcome({ ...ORDER, status: 'CANCELED' }, 'cancel')).to.equal('ended')
    expect(await outcome([POSITION], 'holding')).to.equal('flat')
    expect(await outcome([{ ...POSITION, positionAmt: '-1.5' }], 'holding')).to.equal('held')
    expect(await outcome([POSITION], 'holdings')).to.equal('a list of 0')
    expect(await outcome([ORDER], 'openOrders')).to.equal('a list of 1')
  })

  for (const ask of ['placeExit', 'orderByClientId', 'cancel'] as const) {
    it(`prove nothing where they are damaged: ${ask}`, async () => {
      const mutants = [...mutantsOf(ORDER, ORDER_FIELDS), { how: 'an empty list', text: '[]' }]
      await provesNothing(venue, mutants, () => QUESTIONS[ask](broker))
    })

    it(`prove nothing about another order: ${ask}`, async () => {
      const others = [
        but('clientOrderId', 'wk1'),
        but('symbol', 'ETHUSDT'),
        but('symbol', 'btcusdt'),
      ]
      await provesNothing(venue, others, () => QUESTIONS[ask](broker))
    })

    it(`prove nothing where they contradict themselves: ${ask}`, async () => {
      const odd = [
        but('executedQty', '0.004'),
        but('executedQty', '0.006'),
        but('executedQty', '-0.005'),
        but('origQty', '0'),
        but('status', 'SOMETHING_NEW'),
        but('status', 'NEW'),
      ]
      await provesNothing(venue, odd, () => QUESTIONS[ask](broker))
    })
  }

  it('prove nothing where an order of another size or direction is acknowledged', async () => {
    const others = [
      { how: 'side', text: JSON.stringify({ ...ORDER, side: 'BUY' }) },
      { how: 'size', text: JSON.stringify({ ...ORDER, origQty: '5', executedQty: '5' }) },
    ]
    await provesNothing(venue, others, () => QUESTIONS.placeExit(broker))
  })

  it('prove nothing about a holding where they are damaged', async () => {
    const mutants = mutantsOf([POSITION], POSITION_FIELDS)
    await provesNothing(venue, [...mutants, { how: 'an empty list', text: '[]' }], () =>
      QUESTIONS.holding(broker),
    )
  })

  it('prove nothing about a holding where they are about another one, doubled or of the other mode', async () => {
    const rows = (list: unknown[], how: string) => ({ how, text: JSON.stringify(list) })
    const long = { ...POSITION, positionSide: 'LONG', positionAmt: '1' }
    const others = [
      rows([{ ...POSITION, symbol: 'ETHUSDT' }], 'another'),
      rows([POSITION, { ...POSITION, symbol: 'ETHUSDT' }], 'one and another'),
      rows([POSITION, POSITION], 'twice'),
      rows([long], 'a long side'),
      rows([POSITION, long], 'a long side beside'),
    ]
    await provesNothing(venue, others, () => QUESTIONS.holding(broker))
  })

  it('give no list of holdings where one row is damaged, doubled or of the other mode', async () => {
    const held = { ...POSITION, positionAmt: '1.000' }
    const hedged = { ...held, symbol: 'ETHUSDT', positionSide: 'SHORT' }
    const mutants = [
      ...mutantsOf([held], POSITION_FIELDS).filter(({ how }) => how !== 'symbol another text'),
      { how: 'twice', text: JSON.stringify([held, held]) },
      { how: 'the other mode', text: JSON.stringify([held, hedged]) },
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.holdings(broker))
  })

  it('give no list of orders where one row is damaged', async () => {
    const fields = ['symbol', 'clientOrderId', 'side', 'origQty', 'executedQty']
    const mutants = mutantsOf([ORDER], fields).filter(
      ({ how }) =>
        !/^(symbol|clientOrderId) (another|an empty) text/.test(how) ||
        how === 'symbol an empty text',
    )
    await provesNothing(venue, mutants, () => QUESTIONS.openOrders(broker))
  })

  it('prove nothing with a status of 5xx, whatever code they have', async () => {
    for (const code of [-2013, -2022, -4116, -1121, -1021, -2011, -2015]) {
      for (const status of [500, 502, 503, 504]) {
        venue.status = status
        for (const ask of ['placeExit', 'orderByClientId', 'cancel', 'holding'] as const)
          expect(await outcome({ code, msg: 'x' }, ask), `${status} ${code} ${ask}`).to.equal(
            'unknown',
          )
      }
    }
  })

  it('of a proxy prove nothing', async () => {
    for (const status of [400, 404, 405, 500, 502, 503, 520]) {
      venue.status = status
      for (const text of ['<html>Service Unavailable.</html>', '', 'Service Unavailable']) {
        venue.text = text
        for (const ask of ['placeExit', 'orderByClientId', 'cancel', 'holding'] as const)
          expect(await QUESTIONS[ask](broker), `${status} ${text} ${ask}`).to.equal('unknown')
      }
    }
  })

  it('lose only one price where one row is damaged', async () => {
    const row = (symbol: string, price: unknown) => ({ symbol, price, time: 5 })
    venue.text = JSON.stringify([row('BTCUSDT', 'x'), row('ETHUSDT', '7'), row('DOGEUSDT', '1')])
    const asked = [BTC, instrumentId('ETHUSDT')]
    const ticks = await broker.quotes(asked, new AbortController().signal)
    expect(ticks.map(({ instrument, price }) => [instrument, price])).to.deep.equal([
      ['ETHUSDT', 7],
    ])
  })
})
