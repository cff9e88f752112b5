/** What an actor shows of itself by plain writes; no message has to be sent to ask. */
export interface Liveness {
  /** Since when it has been handling a message, monotonic ms; NaN: it is not. */
  readonly busySince: number
  /** When it last began to handle a message, monotonic ms; NaN: never. */
  readonly lastBeatAt: number
  /** Messages that it has not begun yet. */
  readonly queued: number
}
