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
  for (const [, { guards, lastOpenedAt }] of board.streamsOf(tick.instrument)) {
    if (lastOpenedAt <= tick.ts) continue
    for (const guard of guards) {
      if (guard.position.openedAt <= tick.ts || guard.since === seq + 2) continue
      // What waits is older than the tick, and must be seen before the tick is passed over.
      if (guard.pending) dispatcher.foldOne(guard)
      else if (guard.suspend(seq + 1)) woken.push(guard)
      guard.passOver(seq + 2)
    }
  }
  dispatcher.tick(tick, at, board)
  for (const guard of woken) guard.sink.wake(guard)
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
    for (const guard of stream.guards) {
      if (guard.own.stream !== stream || tick.ts < guard.position.openedAt) continue
      if (guard.sign * price <= guard.bestNow()) continue
      if (guard.suspend(dispatcher.seq + 1)) woken.push(guard)
      guard.improve(price)
      guard.own.part.put(guard)
    }
  }
  for (const guard of woken) guard.sink.wake(guard)
}
