import type { Side } from '../../../src/domain/position.ts'
import { remainingOf, viewOf } from '../broker-server/book.ts'
import { ok, symbolOf, type Asked, type Route, type RouteReply } from './binance-asked.ts'
import { CHANGE_ROUTES } from './binance-changes.ts'
import { cancel, check, lookUp, orderRow, place } from './binance-orders.ts'
import { STOP_ROUTES } from './binance-stops.ts'
import { FIXED, places } from './instruments.ts'

function positionRow(instrument: string, positionSide: string, quantity: number): unknown {
  return {
    symbol: instrument,
    positionSide,
    positionAmt: places(quantity),
    entryPrice: '100.0',
    marginType: 'cross',
    updateTime: Date.now(),
  }
}

function position(asked: Asked): RouteReply {
  const { venue, emulator } = asked
  const instrument = symbolOf(asked)
  const at = Date.now() - venue.settings.lagMs.holding
  const held = (side?: Side): number => {
    const { holdings: model } = venue.settings.capabilities
    return venue.book.quantity(venue.book.nameOf({ instrument, ...(side && { side }) }, model), at)
  }
  if (emulator.emulation.mode === 'one-way') return ok([positionRow(instrument, 'BOTH', held())])
  return ok([
    positionRow(instrument, 'LONG', held('long')),
    positionRow(instrument, 'SHORT', held('short')),
  ])
}

function positions({ venue, harms }: Asked): RouteReply {
  const rows = venue.book
    .holdings(Date.now() - venue.settings.lagMs.list)
    .map(({ instrument, side, quantity }) =>
      positionRow(instrument, side === undefined ? 'BOTH' : side.toUpperCase(), quantity),
    )
  const change = harms.find(harm => harm.kind === 'rows')?.change
  if (change === 'empty') return ok([])
  if (change === 'twice') return ok(rows.flatMap(row => [row, row]))
  if (change === 'malformed') return ok([...rows, { symbol: 7 }])
  return ok(rows)
}

const openOrders = ({ venue }: Asked): RouteReply =>
  ok(
    venue
      .openOrders()
      .filter(order => remainingOf(order) > 0 && order.rests === null)
      .map(order => orderRow(order, viewOf(order))),
  )

/** One row where a symbol is named, else a list. */
function rows(
  asked: Asked,
  rowOf: (symbol: string, price: number, at: number) => unknown,
): RouteReply {
  const { params, venue } = asked
  const { prices } = venue.book
  const symbol = params['symbol']
  if (symbol === undefined)
    return ok([...prices].map(([name, { price, at }]) => rowOf(name, price, at)))
  const last = prices.get(symbolOf(asked))
  return last === undefined
    ? { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } }
    : ok(rowOf(symbol, last.price, last.at))
}

function exchangeInfo({ venue, emulator }: Asked): RouteReply {
  const { lot, tick, minQuantity, maxQuantity, minNotional } = {
    ...FIXED,
    ...emulator.emulation.fixed,
  }
  const symbols = venue.settings.instruments ?? [...venue.book.prices.keys()]
  const quantities = {
    stepSize: String(lot),
    minQty: String(minQuantity),
    maxQty: String(maxQuantity),
  }
  const filters = [
    { filterType: 'PRICE_FILTER', tickSize: String(tick), minPrice: '0.01', maxPrice: '1000000' },
    { filterType: 'LOT_SIZE', ...quantities },
    { filterType: 'MARKET_LOT_SIZE', ...quantities },
    { filterType: 'MIN_NOTIONAL', notional: String(minNotional) },
  ]
  return ok({
    symbols: symbols.map(symbol => ({
      symbol,
      status: 'TRADING',
      contractType: 'PERPETUAL',
      marginAsset: 'USDT',
      filters,
    })),
  })
}

const permissions = ({ emulator: { emulation } }: Asked): RouteReply =>
  ok({
    ipRestrict: emulation.isAddressBound,
    enableReading: true,
    enableWithdrawals: emulation.withdraws,
    enableFutures: emulation.trades,
  })

const LISTEN_KEY: Route = {
  route: 'account',
  isSigned: false,
  isKeyed: true,
  weight: 1,
  act: ({ emulator }) => ok({ listenKey: emulator.listenKey }),
}

const PUBLIC = { route: 'capabilities', isSigned: false, weight: 1 } as const

/** Every path that watchkeeper calls. */
export const ROUTES: Readonly<Record<string, Route>> = {
  ...STOP_ROUTES,
  ...CHANGE_ROUTES,
  'GET /fapi/v1/time': { ...PUBLIC, act: ({ emulator }) => ok({ serverTime: emulator.now() }) },
  'GET /fapi/v1/exchangeInfo': { ...PUBLIC, act: exchangeInfo },
  'GET /fapi/v1/positionSide/dual': {
    route: 'capabilities',
    isSigned: true,
    weight: 30,
    act: ({ emulator }) => ok({ dualSidePosition: emulator.emulation.mode === 'hedge' }),
  },
  'GET /sapi/v1/account/apiRestrictions': {
    route: 'capabilities',
    isSigned: true,
    weight: 1,
    act: permissions,
  },
  'POST /fapi/v1/listenKey': LISTEN_KEY,
  'PUT /fapi/v1/listenKey': LISTEN_KEY,
  'POST /fapi/v1/order/test': { route: 'account', isSigned: true, weight: 1, act: check },
  'POST /fapi/v1/order': { route: 'place', isSigned: true, weight: 0, act: place },
  'GET /fapi/v1/order': { route: 'order', isSigned: true, weight: 1, act: lookUp },
  'DELETE /fapi/v1/order': { route: 'cancel', isSigned: true, weight: 1, act: cancel },
  'GET /fapi/v2/positionRisk': { route: 'holding', isSigned: true, weight: 5, act: position },
  'GET /fapi/v3/positionRisk': { route: 'holdings', isSigned: true, weight: 5, act: positions },
  'GET /fapi/v1/openOrders': { route: 'open-orders', isSigned: true, weight: 40, act: openOrders },
  'GET /fapi/v2/ticker/price': {
    route: 'quotes',
    isSigned: false,
    weight: 2,
    act: asked => rows(asked, (symbol, price, time) => ({ symbol, price: places(price, 2), time })),
  },
  'GET /fapi/v1/ticker/bookTicker': {
    route: 'quotes',
    isSigned: false,
    weight: 5,
    act: asked =>
      rows(asked, (symbol, price, time) => {
        const text = places(price, 2)
        return { symbol, bidPrice: text, bidQty: '1.000', askPrice: text, askQty: '1.000', time }
      }),
  },
}
