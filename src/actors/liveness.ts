/** What an actor shows of itself by plain writes; nobody sends a message to ask. */
export interface Liveness {
  /** Since when it has been handling a message, monotonic ms; NaN: it is not. */
  readonly busySince: number
  /** When it last began to handle a message, monotonic ms; NaN: never. */
  readonly lastBeatAt: number
  /** Messages that it has not begun yet. */
  readonly queued: number
}

/** The calls that one incarnation has started and that have not come back. */
export class OpenCalls {
  private readonly since = new Set<{ readonly at: number }>()

  /** Counts a call, started at `at` (monotonic ms), until it settles. */
  begin(call: Promise<unknown>, at: number): void {
    const entry = { at }
    this.since.add(entry)
    const settled = (): boolean => this.since.delete(entry)
    call.then(settled, settled)
  }

  /** When the oldest of them was started, monotonic ms; undefined: none is open. */
  get oldestAt(): number | undefined {
    for (const { at } of this.since) return at
    return undefined
  }
}
