import type { Merged } from './merge.ts'

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
