import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'

/**
 * Rows of ticks in columns: millions a second pass through without an object for each. The producer
 * reuses a batch for the next rows: read it, or copy from it, before you pull again.
 */
export interface TickBatch {
  /** Rows in use, from 0; values beyond them are leftovers. */
  length: number
  /** Epoch ms. */
  readonly ts: Float64Array
  readonly instrument: InstrumentId[]
  /** As in the file: also 0 or less. */
  readonly price: Float64Array
  /** NaN where the row has none, as in `bid` and `ask`. */
  readonly size: Float64Array
  readonly bid: Float64Array
  readonly ask: Float64Array
  /** Data row inside its file, from 0, skipped rows counted. */
  readonly index: Float64Array
  /** Index of the row's file among the arguments, from 0. */
  readonly file: Uint32Array
}

const NO_INSTRUMENT = instrumentId('')

/** An empty batch for up to `capacity` rows. */
export function tickBatch(capacity: number): TickBatch {
  const absent = (): Float64Array => new Float64Array(capacity).fill(NaN)
  return {
    length: 0,
    ts: new Float64Array(capacity),
    instrument: Array.from({ length: capacity }, () => NO_INSTRUMENT),
    price: new Float64Array(capacity),
    size: absent(),
    bid: absent(),
    ask: absent(),
    index: new Float64Array(capacity),
    file: new Uint32Array(capacity),
  }
}

/** Row `row` of a batch as a tick object, which outlives the batch. */
export function tickAt(batch: TickBatch, row: number): Tick {
  const size = batch.size[row]!
  const bid = batch.bid[row]!
  const ask = batch.ask[row]!
  const tick: { -readonly [Field in keyof Tick]: Tick[Field] } = {
    instrument: batch.instrument[row]!,
    ts: batch.ts[row]!,
    price: batch.price[row]!,
  }
  if (size === size) tick.size = size
  if (bid === bid) tick.bid = bid
  if (ask === ask) tick.ask = ask
  return tick
}

/** Copies row `row` of `from` to the end of `to`. */
export function appendRow(to: TickBatch, from: TickBatch, row: number): void {
  const n = to.length++
  to.ts[n] = from.ts[row]!
  to.instrument[n] = from.instrument[row]!
  to.price[n] = from.price[row]!
  to.size[n] = from.size[row]!
  to.bid[n] = from.bid[row]!
  to.ask[n] = from.ask[row]!
  to.index[n] = from.index[row]!
  to.file[n] = from.file[row]!
}
