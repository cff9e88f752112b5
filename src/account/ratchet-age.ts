/** Age of the oldest price that may have moved a best price and is not on disk: what a kill -9 would lose (P3). */
export class RatchetAge {
  private readonly monotonic: () => number
  /** When the first price came that is in no row yet, monotonic ms. */
  private dueAt: number | undefined
  /** When the first price came of the rows that were taken and are not durable yet, monotonic ms. */
  private takenAt: number | undefined

  constructor(monotonic: () => number) {
    this.monotonic = monotonic
  }

  /** Ms; 0: all is on disk. */
  get ms(): number {
    const from = this.takenAt ?? this.dueAt
    return from === undefined ? 0 : Math.max(0, this.monotonic() - from)
  }

  /** A price has come. */
  begin(): void {
    this.dueAt ??= this.monotonic()
  }

  /** Rows for all prices so far were taken to be written. */
  taken(): void {
    this.takenAt ??= this.dueAt
    this.dueAt = undefined
  }

  /** All rows that were taken are on disk. */
  written(): void {
    this.takenAt = undefined
  }
}
