import { ok, refuse, symbolOf, type Asked, type Route } from './binance-asked.ts'
import { places } from './instruments.ts'
import { reductionsOf } from './reductions.ts'

/** The oldest rows from `startTime` on, as many as the request wants. */
function limited<Row>(asked: Asked, longest: number, rows: readonly Row[]): readonly Row[] {
  const limit = Number(asked.params['limit'] ?? 500)
  if (limit > longest) refuse(400, -1130, "Data sent for parameter 'limit' is not valid.")
  return rows.slice(0, limit)
}

const reductions = (asked: Asked) =>
  reductionsOf(asked.venue.book, symbolOf(asked), Number(asked.params['startTime'] ?? 0))

const row = (asked: Asked, number: number, side: string) => ({
  symbol: symbolOf(asked),
  orderId: 5_000_000 + number,
  positionSide: asked.emulator.emulation.mode === 'hedge' ? side.toUpperCase() : 'BOTH',
})

const SIGNED = { route: 'changes', isSigned: true, weight: 5 } as const

/** Paths about what happened to holdings. */
export const CHANGE_ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/forceOrders': { ...SIGNED, act: asked => ok(limited(asked, 100, [])) },
  'GET /fapi/v1/userTrades': {
    ...SIGNED,
    act: asked =>
      ok(
        limited(
          asked,
          1_000,
          reductions(asked).map(({ number, at, closed, side }) => ({
            ...row(asked, number, side),
            id: number,
            side: side === 'long' ? 'SELL' : 'BUY',
            qty: places(closed),
            realizedPnl: '-1.00',
            time: at,
          })),
        ),
      ),
  },
  'GET /fapi/v1/allOrders': {
    ...SIGNED,
    act: asked =>
      ok(
        limited(
          asked,
          1_000,
          reductions(asked).map(({ number, at, side, clientOrderId }) => ({
            ...row(asked, number, side),
            clientOrderId: clientOrderId === '' ? `web_${number}` : clientOrderId,
            time: at,
          })),
        ),
      ),
  },
}
