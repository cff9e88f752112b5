import type { Tick } from '../domain/tick.ts'

/** Where recorded ticks go. */
export interface RowSink {
  /**
   * Takes one row. Gives a promise when the row causes an act: the next row may come once that
   * is kept. Rows come in order of time.
   */
  row(tick: Tick): Promise<void> | undefined
}
