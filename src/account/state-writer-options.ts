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

/** What the service keeps. */
export type AccountRepository = StateRepository<ExitRecord, KillSwitch, PortfolioDay>

export interface StateWriterOptions {
  readonly keeper: Pick<AccountRepository, 'keep'>
  /** The rows as they are decided; it is notified of each that is durable. */
  readonly positions: Pick<PositionTable, 'get' | 'settled'>
  /** Called with each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Called once when the store begins to refuse writes, and with undefined when it takes them again. */
  readonly onTrouble?: ((error: WatchkeeperError | undefined) => void) | undefined
  /** Another process has taken the store over. */
  readonly onFenced: (error: WatchkeeperError) => void
  /** Monotonic ms. */
  readonly monotonic: () => number
}

/** Takes rows that are written with the next commit. */
export interface RowSink {
  ratchet(id: PositionId, row: GenerationRatchet): void
  extremesOf(series: string, row: StoredExtremes): void
}

/** What the writer asks for what it drains; it is there once the account is under guard. */
export interface WriterSources {
  /**
   * Gives `sink` the rows that must be written for the best prices of now. False: this is no
   * moment for it, but one comes before long; never for the last time.
   */
  takeRatchets(sink: RowSink, isLast: boolean): boolean
  /** Where the feed has come to with these ratchets; undefined where it cannot go back. */
  feedPlace?(): unknown
}

/** A change that its caller waits for. */
export interface Act {
  /** Positions that it is about: acts about one position become durable in the order of their calls. */
  readonly ids?: readonly PositionId[]
  /** What it changes, as things stand when its turn has come. What it throws refuses the act. */
  change(): AccountChange
  /** Called as soon as that is durable, before another act about these positions begins. */
  done?(change: AccountChange): void
}
