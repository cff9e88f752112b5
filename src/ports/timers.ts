/** Calls that come later; no other code starts a timer of the machine's own. */
export interface Timers {
  /** Calls `call` once, `ms` from now, unless the function that it gives is called before. */
  after(ms: number, call: () => void): () => void
}
