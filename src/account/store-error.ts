import { WatchkeeperError } from '../errors.ts'

/** What a store threw, with a code. */
export const storeError = (error: unknown): WatchkeeperError =>
  error instanceof WatchkeeperError
    ? error
    : new WatchkeeperError('STORE_FAILED', String(error), { cause: error })

/** Another process has taken the store over. */
export const isFenced = (error: unknown): error is WatchkeeperError =>
  error instanceof WatchkeeperError && error.code === 'FENCED'
