import type { WatchkeeperError } from '../errors.ts'
import type { StateWriterOptions } from './state-writer-options.ts'
import { isFenced, storeError } from './store-error.ts'

/** Whether the store takes writes at present, reported once for each change. */
export class StoreTrouble {
  /** Errors of the store since its last successful write. */
  errors = 0
  /** The last error; undefined: the last write succeeded. */
  present: WatchkeeperError | undefined
  private readonly options: Pick<StateWriterOptions, 'onTrouble' | 'onFenced'>

  constructor(options: Pick<StateWriterOptions, 'onTrouble' | 'onFenced'>) {
    this.options = options
  }

  /** A write succeeded. */
  ended(): void {
    this.errors = 0
    this.become(undefined)
  }

  /** A write failed. Returns its error with a code. */
  failed(error: unknown): WatchkeeperError {
    this.errors++
    const failure = storeError(error)
    if (isFenced(failure)) this.options.onFenced(failure)
    else this.become(failure)
    return failure
  }

  private become(trouble: WatchkeeperError | undefined): void {
    const isNews = this.present?.code !== trouble?.code
    this.present = trouble
    if (isNews) this.options.onTrouble?.(trouble)
  }
}
