import { WatchkeeperError } from '../errors.ts'

/** Another process has taken the store over, or this one never claimed it: stop, never retry. */
export class Fenced extends WatchkeeperError {
  constructor(message = 'this process does not own the store') {
    super('FENCED', message)
  }
}

/** Another process that lives owns the store. */
export class StoreInUse extends WatchkeeperError {
  readonly pid: number

  constructor(place: string, pid: number, who: string) {
    super('STORE_IN_USE', `${place} is guarded by another process: ${who}`)
    this.pid = pid
  }
}

/**
 * What is wrong with a store:
 * `STORE_FOREIGN` it holds something else, `STORE_UNWRITABLE` it cannot be written at all,
 * `STORE_CORRUPT` it is damaged, `STORE_NEWER` a later release wrote it, `STORE_FULL` no space is
 * left, `STORE_BUSY` too much waits to be written, `STORE_FAILED` a write failed for another reason,
 * `STORE_BAD_ROW` the caller's row cannot be stored. A write that fails has changed nothing.
 */
export type StoreFaultCode =
  | 'STORE_FOREIGN'
  | 'STORE_UNWRITABLE'
  | 'STORE_CORRUPT'
  | 'STORE_NEWER'
  | 'STORE_FULL'
  | 'STORE_BUSY'
  | 'STORE_FAILED'
  | 'STORE_BAD_ROW'

/** The store refuses; `code` says why. */
export class StoreError extends WatchkeeperError {
  constructor(code: StoreFaultCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
