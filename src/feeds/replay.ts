import type { Tick } from '../domain/tick.ts'
import type { RowSink } from '../ports/feed.ts'
import type { TickBatch } from './tick-batch.ts'

/** A tick with the place of its record. */
export interface RecordedTick extends Tick {
  /** Index of the file, from 0. */
  readonly file: number
  /** Data row of that file, from 0; skipped rows count. */
  readonly index: number
}

/** Totals of a replay. */
export interface ReplayedRange {
  /** Rows with a time, an instrument and a price. */
  readonly rows: number
  /** Epoch ms of the first and the last row; null without rows. */
  readonly from: number | null
  readonly to: number | null
}

/**
 * Feeds recorded rows into a sink as fast as it takes them. Awaits `onFirst` before the first row.
 */
export async function replayRows(
  batches: AsyncIterable<TickBatch>,
  sink: RowSink,
  onFirst: (tick: Tick) => Promise<void>,
): Promise<ReplayedRange> {
  let rows = 0
  let from: number | null = null
  let to: number | null = null
  for await (const batch of batches) {
    for (let row = 0; row < batch.length; row++) {
      const tick = recordedTick(batch, row)
      if (rows++ === 0) {
        from = tick.ts
        await onFirst(tick)
      }
      const acting = sink.row(tick)
      if (acting !== undefined) await acting
    }
    if (batch.length > 0) to = batch.ts[batch.length - 1]!
  }
  return { rows, from, to }
}

/**
 * One literal with every field in one order: all ticks share a hidden class, at hundreds of
 * thousands a second.
 */
function recordedTick(batch: TickBatch, row: number): RecordedTick {
  const bid = batch.bid[row]!
  const ask = batch.ask[row]!
  const hasQuote = !Number.isNaN(bid) || !Number.isNaN(ask)
  const tick = {
    instrument: batch.instrument[row]!,
    ts: batch.ts[row]!,
    price: batch.price[row]!,
    file: batch.file[row]!,
    index: batch.index[row]!,
  }
  if (!hasQuote) return tick
  return { ...tick, ...(!Number.isNaN(bid) && { bid }), ...(!Number.isNaN(ask) && { ask }) }
}
