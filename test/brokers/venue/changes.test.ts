import { expect } from 'chai'
import type { VenueBroker } from '../../../src/brokers/venue/account.ts'
import { binanceBroker, binanceSchema } from '../../../src/brokers/venue/binance/options.ts'
import { bybitBroker, bybitSchema } from '../../../src/brokers/venue/bybit/options.ts'
import { okxBroker, okxSchema } from '../../../src/brokers/venue/okx/options.ts'
import { instrumentId } from '../../../src/domain/ids.ts'
import { OutcomeUnknown } from '../../../src/errors.ts'
import { failure } from '../../support/http-broker.ts'
import { OddServer } from '../../support/odd-server.ts'
import { atBinance } from '../../support/venues/at-binance.ts'
import { atBybit } from '../../support/venues/at-bybit.ts'
import { atOkx } from '../../support/venues/at-okx.ts'

const KEY = { key: 'k', secret: 's', passphrase: 'p' }
const { signal } = new AbortController()
const T = 1_700_000_000_000
const OURS = 'wk0123456789abcdef01234567'

/** One order of each kind, in the form in which each venue reports it. */
const VENUES = {
  binance: {
    name: 'BTCUSDT',
    open: (url: string): VenueBroker =>
      binanceBroker(binanceSchema.parse({ kind: 'binance', environment: 'testnet', url, ...KEY })),
    answers: {
      '/fapi/v1/time': { serverTime: T },
      '/fapi/v1/forceOrders': [
        force(1, 'autoclose-1596107620040000020', 1),
        force(2, 'adl_autoclose', 2),
        force(3, 'settlement_autoclose-1', 3),
      ],
      '/fapi/v1/userTrades': [trade(4, '-3.5', 4), trade(5, '-1', 5), trade(6, '0', 6)],
      '/fapi/v1/allOrders': [made(4, 'web_1'), made(5, OURS), made(6, 'web_2')],
    },
    causes: ['liquidation', 'adl', 'settlement', 'by-hand'],
  },
  bybit: {
    name: 'BTCUSDT',
    open: (url: string): VenueBroker =>
      bybitBroker(bybitSchema.parse({ kind: 'bybit', environment: 'testnet', url, ...KEY })),
    answers: {
      '/v5/execution/list': page([
        execution('BustTrade', 1),
        execution('AdlTrade', 2),
        execution('Delivery', 3),
        execution('Trade', 4),
        execution('Trade', 5, { orderLinkId: OURS }),
        execution('Trade', 6, { closedSize: '0' }),
      ]),
      '/v5/market/time': page([]),
    },
    causes: ['liquidation', 'adl', 'expiry', 'by-hand'],
  },
  okx: {
    name: 'BTC-USDT-SWAP',
    open: (url: string): VenueBroker =>
      okxBroker(okxSchema.parse({ kind: 'okx', environment: 'demo', url, ...KEY })),
    answers: {
      '/api/v5/public/time': { code: '0', data: [{ ts: String(T) }] },
      '/api/v5/trade/orders-history': {
        code: '0',
        data: [
          ended('full_liquidation', 1),
          ended('adl', 2),
          ended('delivery', 3),
          ended('normal', 4),
          ended('normal', 5, { clOrdId: OURS }),
          ended('normal', 6, { algoClOrdId: 'wkn0123' }),
          ended('normal', 7, { pnl: '0' }),
        ],
      },
    },
    causes: ['liquidation', 'adl', 'expiry', 'by-hand'],
  },
} as const

function force(orderId: number, clientOrderId: string, at: number): object {
  const order = { orderId, clientOrderId, executedQty: '1', time: T + at }
  return { symbol: 'BTCUSDT', positionSide: 'BOTH', ...order }
}
function trade(orderId: number, realizedPnl: string, at: number): object {
  const done = { orderId, id: orderId, realizedPnl, time: T + at }
  return { symbol: 'BTCUSDT', positionSide: 'BOTH', ...done }
}
function made(orderId: number, clientOrderId: string): object {
  return { symbol: 'BTCUSDT', positionSide: 'BOTH', orderId, clientOrderId, time: T }
}
function page(list: readonly object[]): object {
  return { retCode: 0, retMsg: 'OK', result: { list, nextPageCursor: '' }, time: T }
}
function execution(execType: string, at: number, but: object = {}): object {
  const done = { execType, execId: `e${at}`, execTime: String(T + at), closedSize: '1' }
  return { symbol: 'BTCUSDT', side: 'Sell', orderLinkId: '', ...done, ...but }
}
function ended(category: string, at: number, but: object = {}): object {
  const order = { category, ordId: String(at), uTime: String(T + at), accFillSz: '1', pnl: '-2' }
  return { instId: 'BTC-USDT-SWAP', clOrdId: '', posSide: 'net', ...order, ...but }
}

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`what took units out of a holding at ${kind}`, () => {
    const { name, open, causes } = VENUES[kind]
    let answers: Record<string, unknown>
    let server: OddServer
    let broker: VenueBroker

    beforeEach(async () => {
      answers = { ...VENUES[kind].answers }
      server = new OddServer((request, response) => {
        const path = (request.url ?? '').split('?')[0]!
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answers[path]))
      })
      broker = open(await server.open())
    })
    afterEach(async () => {
      await broker.close()
      server.close()
    })

    const changes = () => broker.changes!({ instrument: instrumentId(name) }, T, signal)

    it('is named in the order of time, without the orders of this service', async () => {
      const found = await changes()
      expect(found.map(({ cause }) => cause)).to.deep.equal(causes)
      expect(found.map(({ at }) => at)).to.deep.equal([T + 1, T + 2, T + 3, T + 4])
      expect(found.every(({ text }) => /^(order|execution) e?\d$/.test(text ?? ''))).to.equal(true)
      expect(server.asked.some(each => each.includes(String(T)))).to.equal(true)
    })

    it('is unknown where an answer is damaged, or about another instrument', async () => {
      for (const [path, answer] of Object.entries(VENUES[kind].answers)) {
        if (path.endsWith('time')) continue
        const text = JSON.stringify(answer)
        for (const odd of [{}, null, JSON.parse(text.replaceAll(name, 'OTHER')) as unknown]) {
          answers[path] = odd
          expect(await failure(changes()), `${path} ${JSON.stringify(odd)}`).to.be.instanceOf(
            OutcomeUnknown,
          )
        }
        answers[path] = answer
      }
    })
  })
}

const EMULATED = {
  binance: { open: atBinance, sales: 1_005 },
  bybit: { open: atBybit, sales: 205 },
  okx: { open: atOkx, sales: 205 },
}

for (const [kind, { open, sales }] of Object.entries(EMULATED)) {
  it(`is read to its last page at ${kind}, the latest sale by hand last`, async () => {
    const venue = await open()
    const broker = venue.open()
    try {
      venue.server.venue.hand({ instrument: 'ACME', quantity: sales + 1 })
      for (let sale = 0; sale < sales; sale++)
        venue.server.venue.hand({ instrument: 'ACME', quantity: -1 })
      const found = await broker.changes({ instrument: instrumentId('ACME') }, 0, signal)
      expect(found).to.have.length(sales)
      expect(found.at(-1)!.cause).to.equal('by-hand')
      expect(found.at(-1)!.text).to.match(new RegExp(`${sales}$|${5_000_000 + sales}$`))
    } finally {
      await broker.close()
      venue.close()
    }
  })
}
