import { WatchkeeperError } from '../../errors.ts'

/** There is no room for a write. */
export function full(cause?: unknown): WatchkeeperError {
  const text = 'the store could not be written: there is no room left on its disk'
  return new WatchkeeperError('STORE_FULL', text, { cause })
}

/** A write failed for another reason. */
export function failed(cause: unknown): WatchkeeperError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new WatchkeeperError('STORE_FAILED', `the store could not be written: ${text}`, { cause })
}
