/** Delayed calls; no other code starts a timer of the machine. */
export interface Timers {
  /** Calls `call` once, in `ms`, unless the returned function is called before. */
  after(ms: number, call: () => void): () => void
}
