import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'

/** An account that reads a feed. */
export interface FeedReader {
  /** The path of its ticks. Readers with the same path share it: only one of them takes each tick. */
  readonly way: unknown
  onTick(tick: Tick): void
  /** Takes a tick that was missed when it came, in the order of the feed. */
  onMissed(tick: Tick): void
  /** Instruments whose prices are wanted, as the feed names them. */
  held(): Iterable<InstrumentId>
  /** Writes a journal line about the feed. */
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  /** Where a feed that can go back goes on; absent: it begins with the next price. */
  readonly checkpoint?: SourceCheckpoint
}

/** Where a feed continues after a restart. */
export interface SourceCheckpoint {
  /** The place that an earlier process has stored. */
  readonly kept: unknown
  /** `place` gives how far the feed has come; it is called at each checkpoint. */
  follow(place: () => unknown): void
}
