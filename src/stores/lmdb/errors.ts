import type { Lost } from '../../disk/footing.ts'
import { WatchkeeperError } from '../../errors.ts'
import { canSee, type Owner } from '../owner.ts'

/** The disk has no room for a write. */
export function full(cause?: unknown): WatchkeeperError {
  const text = 'the store could not be written: there is no room left on its disk'
  return new WatchkeeperError('STORE_FULL', text, { cause })
}

/** A write failed for another reason. */
export function failed(cause: unknown): WatchkeeperError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new WatchkeeperError('STORE_FAILED', `the store could not be written: ${text}`, { cause })
}

/** The folder was deleted or replaced while the store is open: its writes are not durable. */
export function gone(folder: string, lost: Lost): WatchkeeperError {
  const text = `the store in ${folder} was ${lost} while it is in use: nothing that is written is kept. Put the folder back where it was, or restart`
  return new WatchkeeperError('STORE_GONE', text)
}

/** Another process owns the store. `owner`: that process, where the store names it. */
export function owned(owner: Owner | undefined): WatchkeeperError {
  const who = owner === undefined ? 'another process' : `process ${owner.pid}`
  const where = owner === undefined || canSee(owner) ? '' : ` of ${owner.host ?? 'elsewhere'}`
  const text = `the store is owned by ${who}${where}, which is still running`
  return new WatchkeeperError('STORE_OWNED', text)
}
