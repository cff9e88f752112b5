import { expect } from 'chai'
import type { OkxBroker } from '../../../../src/brokers/venue/okx/broker.ts'
import { okxBroker, okxSchema } from '../../../../src/brokers/venue/okx/options.ts'
import { AnsweringVenue, provesNothing, QUESTIONS } from '../../../support/venues/answering.ts'
import { GOLDEN_ID } from '../../../support/venues/golden.ts'
import { mutantsOf } from '../../../support/venues/mutations.ts'
import { KEY } from '../../../support/venues/okx.ts'

const reply = (...data: object[]) => ({ code: '0', msg: '', data })
const ACKNOWLEDGED = { clOrdId: GOLDEN_ID, ordId: '17', sCode: '0', sMsg: '' }
const ORDER = {
  instId: 'BTCUSDT',
  instType: 'SWAP',
  ordId: '17',
  clOrdId: GOLDEN_ID,
  side: 'sell',
  state: 'filled',
  sz: '0.005',
  accFillSz: '0.005',
  avgPx: '61000.5',
}
const POSITION = {
  instId: 'BTCUSDT',
  instType: 'SWAP',
  posSide: 'net',
  pos: '0',
  mgnMode: 'cross',
  avgPx: '',
}
const POSITION_FIELDS = ['instId', 'instType', 'posSide', 'pos', 'mgnMode']

describe('answers of OKX', () => {
  const venue = new AnsweringVenue({
    isTime: path => path === '/api/v5/public/time',
    time: reply({ ts: '1700000000000' }),
    noStops: { code: '0', msg: '', data: [] },
  })
  let broker: OkxBroker

  before(async () => {
    const url = await venue.open()
    broker = okxBroker(okxSchema.parse({ kind: 'okx', environment: 'demo', url, ...KEY }))
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
  const mutant = (how: string, ...rows: object[]) => ({ how, text: JSON.stringify(reply(...rows)) })

  it('are read in full where nothing is damaged', async () => {
    expect(await asked(reply(ACKNOWLEDGED), 'placeExit')).to.equal('acknowledged')
    expect(await asked(reply(ORDER), 'orderByClientId')).to.equal('filled')
    expect(
      await asked(reply({ ...ORDER, state: 'canceled', accFillSz: '0' }), 'orderByClientId'),
    ).to.equal('ended')
    expect(await asked(reply(POSITION), 'holding')).to.equal('flat')
    expect(await asked(reply({ ...POSITION, pos: '-3' }), 'holding')).to.equal('held')
    const failed = (sCode: string) => ({ code: '1', msg: '', data: [{ ...ACKNOWLEDGED, sCode }] })
    expect(await asked(failed('51169'), 'placeExit')).to.equal('rejected')
    expect(await asked(failed('51016'), 'placeExit')).to.equal('duplicate')
    expect(await asked({ code: '51603', msg: '', data: [] }, 'orderByClientId')).to.equal('absent')
  })

  it('to a new order prove nothing where they are damaged', async () => {
    const mutants = [
      ...mutantsOf(reply(ACKNOWLEDGED), ['data', 'code', 'clOrdId', 'sCode']),
      mutant('no order id', { ...ACKNOWLEDGED, ordId: '' }),
      mutant('another order', { ...ACKNOWLEDGED, clOrdId: 'wk1' }),
      mutant('two orders', ACKNOWLEDGED, ACKNOWLEDGED),
      mutant('none'),
      { how: 'a code of no row', text: JSON.stringify({ code: '1', msg: '', data: [] }) },
      { how: 'a code not known', text: JSON.stringify({ code: '99999', msg: '', data: [] }) },
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.placeExit(broker))
  })

  it('to an order query prove nothing where they are damaged, contradict themselves or are about another order', async () => {
    const fields = ['data', 'code', 'instId', 'clOrdId', 'side', 'state', 'sz', 'accFillSz']
    const mutants = [
      ...mutantsOf(reply(ORDER), fields),
      mutant('another order', { ...ORDER, clOrdId: 'wk1' }),
      mutant('another instrument', { ...ORDER, instId: 'ETH-USDT-SWAP' }),
      mutant('less than all', { ...ORDER, accFillSz: '0.004' }),
      mutant('more than all', { ...ORDER, accFillSz: '0.006' }),
      mutant('live with nothing left', { ...ORDER, state: 'live' }),
      mutant('two orders', ORDER, ORDER),
      mutant('none'),
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.orderByClientId(broker))
  })

  it('about a holding prove nothing where they are damaged, or about another one or mode', async () => {
    const mutants = [
      ...mutantsOf(reply(POSITION), ['data', 'code', ...POSITION_FIELDS]),
      mutant('no row'),
      mutant('twice', POSITION, POSITION),
      mutant('another', { ...POSITION, instId: 'ETH-USDT-SWAP' }),
      mutant('the other mode', { ...POSITION, posSide: 'long', pos: '1' }),
      mutant('the other mode beside', POSITION, { ...POSITION, posSide: 'short', pos: '1' }),
      mutant(
        'of two margins',
        { ...POSITION, pos: '1' },
        {
          ...POSITION,
          pos: '2',
          mgnMode: 'isolated',
        },
      ),
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.holding(broker))
  })

  it('give no list that is damaged, or has a row twice', async () => {
    const held = { ...POSITION, pos: '1' }
    const twice = mutant('twice', held, { ...held, mgnMode: 'isolated' })
    const fields = ['data', 'code', 'posSide', 'pos', 'mgnMode']
    await provesNothing(venue, [...mutantsOf(reply(held), fields), twice], () =>
      QUESTIONS.holdings(broker),
    )
    const open = { ...ORDER, state: 'live', accFillSz: '0' }
    const mutants = [
      ...mutantsOf(reply(open), ['data', 'code', 'side', 'state', 'sz', 'accFillSz']),
      mutant('twice', open, open),
      mutant('filled', ORDER),
    ]
    await provesNothing(venue, mutants, () => QUESTIONS.openOrders(broker))
  })

  it('prove nothing with a status of 5xx, or of success with any status but 200', async () => {
    for (const status of [201, 400, 500, 502, 503, 504]) {
      venue.status = status
      const refused = { code: '51603', msg: '', data: [] }
      const values = [
        reply(ACKNOWLEDGED),
        reply(ORDER),
        reply(POSITION),
        ...(status < 500 ? [] : [refused]),
      ]
      for (const value of values) {
        for (const ask of ['placeExit', 'orderByClientId', 'holding'] as const)
          expect(await asked(value, ask), `${status} ${ask}`).to.equal('unknown')
      }
    }
  })
})
