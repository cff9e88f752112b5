import { signOf, type Position } from '../domain/position.ts'
import { viewOf } from '../domain/tick.ts'
import type { Beginning } from '../risk/at-once.ts'
import type { PriceBoard } from '../risk/price-board.ts'

/** The prices known at `at` (epoch ms), when rules begin to apply to a position. */
export function beginningOf(
  board: Pick<PriceBoard, 'streamsOf' | 'price'>,
  position: Position,
  at: number,
): Beginning {
  const view = viewOf(position.side, position.priceSource)
  const streams = new Map(board.streamsOf(position.instrument))
  const { lastPrice: price = NaN, lastAt = -Infinity, quietMs = Infinity } = streams.get(view) ?? {}
  const sign = signOf(position.side)
  const isBetter = lastAt >= position.openedAt && sign * price > sign * position.entryPrice
  return {
    at,
    price,
    quietMs,
    best: isBetter ? price : position.entryPrice,
    pricedAt: lastAt,
    priceOf: instrument => board.price(instrument, 'trade') ?? NaN,
  }
}
