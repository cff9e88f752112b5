import type { Tick } from '../domain/tick.ts'

/** Receiver of recorded ticks. */
export interface RowSink {
  /**
   * Processes one row, in order of time. Returns a promise when the row causes an exit: await it
   * before the next row.
   */
  row(tick: Tick): Promise<void> | undefined
}
