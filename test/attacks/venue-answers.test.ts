import { expect } from 'chai'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import type { Scene, SceneAccount } from './scene.ts'
import { sideBySide, type Open, type Story } from './side-by-side.ts'

const PROVES = { dedupe: 'open-only', lookup: 'complete', reduceOnly: true } as const
const PATIENCE_MS = 60_000

/** An emulated venue, and what it says in place of an answer. */
interface VenueCase {
  readonly account: () => SceneAccount
  /** The answer to an order, cut off in the middle. */
  readonly cut: string
  /** A list of holdings with this text as the size of ACME. */
  readonly holdings: (size: string) => string
  /** A list of last prices with this text as that of ACME. */
  readonly quotes: (price: string) => string
  /** The key is refused. */
  readonly refusal: { readonly status: number; readonly body: object }
}

const bybitList = (row: object): string =>
  JSON.stringify({
    retCode: 0,
    retMsg: 'OK',
    result: { category: 'linear', list: [row], nextPageCursor: '' },
    retExtInfo: {},
    time: Date.now(),
  })
const okxList = (row: object): string => JSON.stringify({ code: '0', msg: '', data: [row] })

const VENUES: Readonly<Record<string, VenueCase>> = {
  Binance: {
    account: binanceAccount,
    cut: '{"orderId":1,"symbol":"ACME","status":"FILLED","clientOrder',
    holdings: positionAmt =>
      JSON.stringify([
        { symbol: 'ACME', positionSide: 'BOTH', positionAmt, entryPrice: '100', updateTime: 1 },
      ]),
    quotes: price => JSON.stringify([{ symbol: 'ACME', price, time: Date.now() }]),
    refusal: {
      status: 401,
      body: { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' },
    },
  },
  Bybit: {
    account: bybitAccount,
    cut: '{"retCode":0,"retMsg":"OK","result":{"orderId":"1","orderLin',
    holdings: size =>
      bybitList({ symbol: 'ACME', side: 'Buy', size, avgPrice: '100', positionIdx: 0 }),
    quotes: lastPrice => bybitList({ symbol: 'ACME', lastPrice, bid1Price: '', ask1Price: '' }),
    refusal: { status: 200, body: { retCode: 10003, retMsg: 'API key is invalid.', result: {} } },
  },
  OKX: {
    account: okxAccount,
    cut: '{"code":"0","data":[{"clOrdId":"wk',
    holdings: pos =>
      okxList({ instId: 'ACME', posSide: 'net', pos, avgPx: '100', mgnMode: 'cross' }),
    quotes: last => okxList({ instId: 'ACME', last, bidPx: '', askPx: '', ts: String(Date.now()) }),
    refusal: { status: 401, body: { code: '50111', msg: 'Invalid OK-ACCESS-KEY', data: [] } },
  },
}

/** A service that guards five ACME at an emulated venue, and takes a price for old after a second. */
async function guarding(open: Open, { account }: VenueCase): Promise<Scene> {
  const scene = await open({
    account: account(),
    venue: { capabilities: PROVES },
    config: { holdings: { reconcileMs: 1_000 }, health: { staleMs: 1_000 } },
  })
  await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
  return scene
}

/** The stop is crossed, and five are sold: never more, however often an order was sent. */
async function soldOnce(scene: Scene): Promise<void> {
  await scene.until(() => scene.held() === 0, PATIENCE_MS)
  await scene.until(async () => (await scene.position('a')) === undefined, PATIENCE_MS)
  expect(scene.executed()).to.equal(5)
}

/** Texts that are no number of a venue, or one that nothing can be. */
const IMPOSSIBLE = ['NaN', '1e400', 'Infinity', '5e0', '', '0x5', '9'.repeat(40)]

const storiesOf = (venue: VenueCase): Record<string, Story> => ({
  'is exited once where the answer to its order is cut off': async open => {
    const scene = await guarding(open, venue)
    scene.harm('place', { kind: 'raw', text: venue.cut })
    scene.price(94)
    await soldOnce(scene)
  },

  'is guarded, and exited once, while sizes of holdings are impossible': async open => {
    const scene = await guarding(open, venue)
    for (const size of IMPOSSIBLE) {
      for (const route of ['holding', 'holdings'] as const)
        scene.harm(route, { kind: 'raw', text: venue.holdings(size) }, { times: 2 })
    }
    await scene.pass(2_500)
    expect((await scene.position('a'))?.state).to.equal('guarded')
    scene.price(94)
    await soldOnce(scene)
    expect(await scene.lines('holding-oversold')).to.deep.equal([])
  },

  'is not exited by an impossible price, and not shown as guarded by it': async open => {
    const scene = await guarding(open, venue)
    for (const price of [...IMPOSSIBLE, '-5', '0'])
      scene.harm('quotes', { kind: 'raw', text: venue.quotes(price) }, { times: 3 })
    scene.harm('quotes', { kind: 'raw', text: venue.quotes('NaN') }, { times: 'always' })
    await scene.until(async () => (await scene.position('a'))?.state === 'unguarded')
    expect(scene.asked('place')).to.equal(0)
    scene.calm()
    await scene.until(async () => (await scene.position('a'))?.state === 'guarded')
    scene.price(94)
    await soldOnce(scene)
  },

  'sells no more where a person turned it around while its order was working': async open => {
    const scene = await guarding(open, venue)
    scene.harm('place', { kind: 'fill', plan: { share: 0.4, restMs: 3_000 } })
    scene.price(94)
    await scene.until(() => scene.executed() === 2)
    scene.trade(-10)
    await scene.until(async () => (await scene.lines('holding-oversold')).length > 0, PATIENCE_MS)
    await scene.pass(3_500)
    expect(scene.executed()).to.equal(2)
    expect(scene.held()).to.equal(5 - 2 - 10)
  },

  'is exited once after its key was refused, and health says so meanwhile': async open => {
    const scene = await guarding(open, venue)
    const refused = { kind: 'status', when: 'before', ...venue.refusal } as const
    for (const route of [
      'place',
      'order',
      'holding',
      'holdings',
      'open-orders',
      'account',
    ] as const)
      scene.harm(route, refused, { times: 'always' })
    scene.price(94)
    await scene.until(async () => JSON.stringify(await scene.ask('GET', '/health')).includes('key'))
    expect(scene.held()).to.equal(5)
    scene.calm()
    await soldOnce(scene)
  },
})

for (const [name, venue] of Object.entries(VENUES))
  sideBySide(`a position at ${name}`, storiesOf(venue))
