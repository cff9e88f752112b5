import { expect } from 'chai'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { measured, PROVES } from './at-venues.ts'
import type { Posted, Scene, SceneAccount, SceneOptions } from './scene.ts'
import { inOneScene, type Episode } from './side-by-side.ts'

const PATIENCE_MS = 60_000

/** An emulated venue, and what it says in place of an answer. */
interface VenueCase {
  readonly account: () => SceneAccount
  /** The answer to an order, cut off in the middle. */
  readonly cut: string
  /** A list of holdings with this text as the size of the only one. */
  readonly holdings: (size: string, instrument: string) => string
  /** A list of last prices with this text as the only one. */
  readonly quotes: (price: string, instrument: string) => string
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
    holdings: (positionAmt, symbol) =>
      JSON.stringify([
        { symbol, positionSide: 'BOTH', positionAmt, entryPrice: '100', updateTime: 1 },
      ]),
    quotes: (price, symbol) => JSON.stringify([{ symbol, price, time: Date.now() }]),
    refusal: {
      status: 401,
      body: { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' },
    },
  },
  Bybit: {
    account: bybitAccount,
    cut: '{"retCode":0,"retMsg":"OK","result":{"orderId":"1","orderLin',
    holdings: (size, symbol) =>
      bybitList({ symbol, side: 'Buy', size, avgPrice: '100', positionIdx: 0 }),
    quotes: (lastPrice, symbol) => bybitList({ symbol, lastPrice, bid1Price: '', ask1Price: '' }),
    refusal: { status: 200, body: { retCode: 10003, retMsg: 'API key is invalid.', result: {} } },
  },
  OKX: {
    account: okxAccount,
    cut: '{"code":"0","data":[{"clOrdId":"wk',
    holdings: (pos, instId) =>
      okxList({ instId, posSide: 'net', pos, avgPx: '100', mgnMode: 'cross' }),
    quotes: (last, instId) =>
      okxList({ instId, last, bidPx: '', askPx: '', ts: String(Date.now()) }),
    refusal: { status: 401, body: { code: '50111', msg: 'Invalid OK-ACCESS-KEY', data: [] } },
  },
}

/** A service that takes a price for old after a second. */
const guarding = ({ account }: VenueCase): SceneOptions => ({
  isEmbedded: true,
  account: measured(account()),
  venue: { capabilities: PROVES },
  config: { holdings: { reconcileMs: 250 }, health: { staleMs: 1_000 } },
})

const isIn = async (scene: Scene, { id }: Posted, state: string): Promise<boolean> =>
  (await scene.position(id))?.state === state

/** The stop is crossed, and five are sold: never more, however often an order was sent. */
async function soldOnce(scene: Scene, { id, instrument }: Posted): Promise<void> {
  await scene.until(() => scene.held(instrument) === 0, PATIENCE_MS)
  await scene.until(async () => (await scene.position(id)) === undefined, PATIENCE_MS)
  expect(scene.executed(instrument)).to.equal(5)
}

/** Texts that are no number of a venue, or one that nothing can be. */
const IMPOSSIBLE = ['NaN', '1e400', 'Infinity', '5e0', '', '0x5', '9'.repeat(40)]

const episodesOf = (venue: VenueCase): Record<string, Episode> => ({
  'is exited once where the answer to its order is cut off': async (scene, position) => {
    const { instrument } = position
    await scene.until(() => isIn(scene, position, 'guarded'))
    scene.harm('place', { kind: 'raw', text: venue.cut })
    scene.price(94, instrument)
    await soldOnce(scene, position)
  },

  'is guarded, and exited once, while sizes of holdings are impossible': async (
    scene,
    position,
  ) => {
    const { instrument } = position
    await scene.until(() => isIn(scene, position, 'guarded'))
    // A venue is asked for each holding or for all of them, by which costs less.
    const asked = (): number => scene.asked('holding') + scene.asked('holdings')
    const before = asked()
    for (const size of IMPOSSIBLE) {
      for (const route of ['holding', 'holdings'] as const)
        scene.harm(route, { kind: 'raw', text: venue.holdings(size, instrument) })
    }
    await scene.until(() => asked() - before > IMPOSSIBLE.length)
    await scene.until(() => isIn(scene, position, 'guarded'))
    scene.price(94, instrument)
    await soldOnce(scene, position)
    expect(await scene.lines('holding-oversold')).to.deep.equal([])
    scene.calm()
  },

  'is not exited by an impossible price, and not shown as guarded by it': async (
    scene,
    position,
  ) => {
    const { instrument } = position
    await scene.until(() => isIn(scene, position, 'guarded'))
    const orders = scene.asked('place')
    for (const price of [...IMPOSSIBLE, '-5', '0'])
      scene.harm('quotes', { kind: 'raw', text: venue.quotes(price, instrument) })
    scene.harm(
      'quotes',
      { kind: 'raw', text: venue.quotes('NaN', instrument) },
      { times: 'always' },
    )
    await scene.until(() => isIn(scene, position, 'unguarded'))
    expect(scene.asked('place')).to.equal(orders)
    scene.calm()
    await scene.until(() => isIn(scene, position, 'guarded'))
    scene.price(94, instrument)
    await soldOnce(scene, position)
  },

  'is exited once after its key was refused, and health says so meanwhile': async (
    scene,
    position,
  ) => {
    await scene.until(() => isIn(scene, position, 'guarded'))
    const { instrument } = position
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
    scene.price(94, instrument)
    await scene.until(async () => JSON.stringify(await scene.ask('GET', '/health')).includes('key'))
    expect(scene.held(instrument)).to.equal(5)
    scene.calm()
    await soldOnce(scene, position)
  },

  'sells no more where a person turned it around while its order was working': async (
    scene,
    position,
  ) => {
    const { instrument } = position
    await scene.until(() => isIn(scene, position, 'guarded'))
    scene.harm('place', { kind: 'fill', plan: { share: 0.4, restMs: 1_500 } })
    scene.price(94, instrument)
    await scene.until(() => scene.executed(instrument) === 2)
    scene.trade(-10, instrument)
    await scene.until(async () => (await scene.lines('holding-oversold')).length > 0, PATIENCE_MS)
    await scene.pass(2_000)
    expect(scene.executed(instrument)).to.equal(2)
    expect(scene.held(instrument)).to.equal(5 - 2 - 10)
  },
})

for (const [name, venue] of Object.entries(VENUES))
  inOneScene(`a position at ${name}`, () => guarding(venue), episodesOf(venue))
