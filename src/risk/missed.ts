import type { Tick } from '../domain/tick.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { PriceBoard } from './price-board.ts'
import type { WatchedPosition } from './watched-position.ts'

/** Where a tick was missed. */
interface Missing {
  readonly dispatcher: Dispatcher
  readonly board: PriceBoard
}

/**
 * Takes a good tick that was missed when it came, as if it came at `at` (epoch ms). Positions that
 * were opened after its own time never see it.
 */
export function replay({ dispatcher, board }: Missing, tick: Tick, at: number): void {
  dispatcher.advance(at)
  const { seq } = dispatcher
  const woken: WatchedPosition[] = []
  for (const [, { positions, lastOpenedAt }] of board.streamsOf(tick.instrument)) {
    if (lastOpenedAt <= tick.ts) continue
    for (const watched of positions) {
      if (watched.position.openedAt <= tick.ts || watched.since === seq + 2) continue
      // What waits is older than the tick, and must be seen before the tick is passed over.
      if (watched.pending) dispatcher.foldOne(watched)
      else if (watched.suspend(seq + 1)) woken.push(watched)
      watched.passOver(seq + 2)
    }
  }
  dispatcher.tick(tick, at, board)
  for (const watched of woken) watched.sink.wake(watched)
}

/**
 * Takes a good price of the past, too old to decide anything: it counts for the best prices of those
 * positions that were open at its own time. What follows from them is tested with the next tick.
 */
export function backfill({ dispatcher, board }: Missing, tick: Tick): void {
  const woken: WatchedPosition[] = []
  for (const [view, stream] of board.streamsOf(tick.instrument)) {
    const price = view === 'trade' ? tick.price : stream.priceOf(tick[view], tick.price, tick.ts)
    if (Number.isNaN(price)) continue
    for (const watched of stream.positions) {
      if (watched.own.stream !== stream || tick.ts < watched.position.openedAt) continue
      if (watched.sign * price <= watched.bestNow()) continue
      if (watched.suspend(dispatcher.seq + 1)) woken.push(watched)
      watched.improve(price)
      watched.own.part.put(watched)
    }
  }
  for (const watched of woken) watched.sink.wake(watched)
}
