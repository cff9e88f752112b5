import type { Readable } from 'node:stream'
import type { LoadedPositions } from '../config/positions-file.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { ReplayLine } from './exit-report.ts'

/** Where the results of a replay go, and its inputs besides files. */
export interface ReplayOutput {
  readonly stdin: Readable
  /** Overrides of the configuration; default none. */
  readonly env?: NodeJS.ProcessEnv
  /** Called when the positions were read and are valid, before the replay starts. */
  loaded(loaded: LoadedPositions, instruments: InstrumentTable | undefined): void
  /** Called with each line of the result, as soon as it is known. */
  line(line: ReplayLine): void
  /** Called with the interpretation of the input, for stderr. */
  note(text: string): void
  /** Called with a warning for stderr. */
  warn(text: string): void
  /**
   * Called with the progress: fraction from 0 to 1 where the files' sizes are known, and rows
   * played.
   */
  progress(share: number | undefined, rows: number): void
}
