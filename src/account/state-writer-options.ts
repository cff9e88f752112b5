import type { PositionId } from '../domain/ids.ts'
import type { StoredExtremes } from '../domain/stored-extremes.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { JournalLine } from '../ports/journal-lines.ts'
import type { GenerationRatchet, StateRepository } from '../ports/state-repository.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import type { PositionTable } from './position-table.ts'
import type { AccountChange } from './write-queue.ts'

/** The stored state of an account. */
export type AccountRepository = StateRepository<ExitRecord, KillSwitch, PortfolioDay>

export interface StateWriterOptions {
  readonly keeper: Pick<AccountRepository, 'keep'>
  /** The position table, which is notified of each durable row. */
  readonly positions: Pick<PositionTable, 'get' | 'saved'>
  /** Called with each journal line once it is durable. It must not throw, as `done` of an act. */
  readonly onLine: (line: JournalLine) => void
  /** Called once when the store begins to refuse writes, and with undefined when it takes them again. */
  readonly onTrouble?: ((error: WatchkeeperError | undefined) => void) | undefined
  /** Called when another process has taken over the store. */
  readonly onFenced: (error: WatchkeeperError) => void
  /** Monotonic ms. */
  readonly monotonic: () => number
}

/** Takes rows that are written with the next commit. */
export interface RowSink {
  ratchet(id: PositionId, row: GenerationRatchet): void
  extremesOf(series: string, row: StoredExtremes): void
}

/** Sources of the rows that the writer drains; attached once the engine runs. */
export interface WriterSources {
  /**
   * Passes `sink` the rows of the present best prices. Returns false where this is no good moment and a better one
   * comes soon; never when `isLast`.
   */
  takeRatchets(sink: RowSink, isLast: boolean): boolean
  /** The place of the feed that belongs to these ratchets; undefined for a feed that cannot go back. */
  feedPlace?(): unknown
}

/** A change for which the caller waits. */
export interface Act<Change extends AccountChange> {
  /** The positions concerned: acts about one position become durable in the order of the calls. */
  readonly ids?: readonly PositionId[]
  /** Computes the change when the turn of the act has come. An exception refuses the act. */
  change(): Change
  /**
   * Called as soon as that is durable, before another act about these positions begins. It must not throw: the caller
   * would take a durable change for a refused one.
   */
  done?(change: Change): void
}
