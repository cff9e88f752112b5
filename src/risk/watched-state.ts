import type { TradingHours } from '../domain/instrument.ts'
import type { AccountSink } from './account-sink.ts'
import type { Merged } from './merge.ts'
import type { PriceStream } from './price-stream.ts'
import type { StreamPart } from './stored-series.ts'

/** A position's place in the book of one stream. */
export interface Leg {
  readonly stream: PriceStream
  readonly slot: number
  /** What its account has on the stream. */
  readonly part: StreamPart
}

/** What of a guarded position only ever gets stricter, and so must outlive the process. */
export interface Ratchet {
  /** Best price so far, as it is (not mirrored). */
  readonly best: number
  /** Worst price so far, as it is: reported, and no base of a decision; absent: unknown. */
  readonly worst?: number
  /** Base price of the `underlying` rule, once known. */
  readonly anchor?: number
}

/** The segment of a stored series from which the stored row of a position counts prices. */
export interface Since {
  /** Number of the series; 0: none. */
  readonly series: number
  readonly mark: number
}

/** A price that was there before the position, tested as if it came `at` (epoch ms). */
export interface FirstTick {
  readonly seq: number
  /** As it is (not mirrored). */
  readonly price: number
  readonly at: number
}

/** What a catch-up leaves behind when it decides nothing, in mirrored prices (see `Merged`). */
export interface Armed {
  readonly kind: 'armed'
  readonly best: number
  /** Base price of the `underlying` rule, once known. */
  readonly anchor: number | undefined
  /** Inside (lo, hi) and before `until` no tick of the own instrument can exit. */
  readonly lo: number
  readonly hi: number
  /** Epoch ms at which something changes by time alone. */
  readonly levelsUntil: number
  readonly until: number
  /** Receive time of the last own tick seen, and the quiet time as of it. */
  readonly lastAt: number
  readonly quietMs: number
  /** Levels in force. */
  readonly merged: Merged
  /** Time of the evaluation of `merged`. */
  readonly evaluatedAt: number
}

/** Where a position is when a dispatcher takes it in. */
export interface Entrance {
  readonly own: Leg
  readonly other: Leg | undefined
  /** Undefined: the market is always open. */
  readonly hours: TradingHours | undefined
  /** Its account at the dispatcher. */
  readonly sink: AccountSink
  /** Number of the first tick that counts. */
  readonly since: number
  /** Epoch ms. */
  readonly now: number
  /** The price that is there already, to be tested as if it came now. */
  readonly first: FirstTick | undefined
}
