import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'

/** What a feed needs of those who read it. */
export interface FeedReader {
  /** What its ticks go into: of readers with the same way one takes each tick. */
  readonly way: unknown
  onTick(tick: Tick): void
  /** Takes a tick that was missed when it came, in the order of the feed. */
  onMissed(tick: Tick): void
  /** Instruments whose prices are wanted, as the feed names them. */
  held(): Iterable<InstrumentId>
  /** Journals what becomes of the feed. */
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  /** Where a feed that can go back goes on; absent: it begins with the next price. */
  readonly checkpoint?: SourceCheckpoint
}

export interface SourceCheckpoint {
  /** What an earlier process has kept. */
  readonly kept: unknown
  /** Takes what gives the place that the feed has come to. */
  follow(place: () => unknown): void
}
