import { WatchkeeperError } from '../../errors.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import type { RedisError } from '../../redis/errors.ts'
import type { Owner } from '../owner.ts'

/** Converts an error of the server to a code of the store, and the text that is shown. */
export function storeError(error: RedisError, place: string): WatchkeeperError {
  const isFull = error.code === 'REDIS_OOM'
  const why = WHY[error.code] ?? error.message
  const text = `the store at ${place} could not be used: ${why}`
  return new WatchkeeperError(isFull ? 'STORE_FULL' : 'STORE_FAILED', text, { cause: error })
}

const WHY: Readonly<Partial<Record<RedisError['code'], string>>> = {
  REDIS_OOM: 'the server has no memory left',
  REDIS_TIMEOUT: 'it did not answer in time, so it may have been done',
}

/** Another process owns the store. */
export const fenced = (): WatchkeeperError =>
  new WatchkeeperError('FENCED', 'another process has taken the store over')

/** The server does not have data any more that it had acknowledged. */
export const lost = (place: string): WatchkeeperError =>
  new WatchkeeperError(
    'STORE_LOST',
    `the store at ${place} has lost what was written: it is empty, or older than it was`,
  )

export const newer = (schema: string, known: number): WatchkeeperError =>
  new WatchkeeperError(
    'STORE_NEWER',
    `the store has schema ${schema}, expected at most ${known}: it was written by a later version`,
  )

/** Another process owns the store. */
export class StoreOwned extends WatchkeeperError {
  /** Time until its lease ends, ms; 0 where its process visibly runs. */
  readonly leftMs: number

  constructor({ pid, host = 'this machine' }: Owner, leftMs: number) {
    const lasts = `whose lease lasts ${(leftMs / 1000).toFixed(1)} s more`
    const text = `the store is owned by process ${pid} on ${host}, ${leftMs > 0 ? lasts : 'which runs'}`
    super('STORE_OWNED', text)
    this.leftMs = leftMs
  }
}

export const wrongType = (
  [key, found, wanted]: readonly string[],
  place: string,
): WatchkeeperError =>
  new WatchkeeperError(
    'STORE_FAILED',
    `the store at ${place} could not be used: the key ${key} holds a ${found}, expected a ${wanted}`,
  )

export const storeAway = (place: string, why: string): WatchkeeperError =>
  new WatchkeeperError('STORE_FAILED', `the store at ${place} could not be used: ${why}`)

/** The code of an error; STORE_FAILED for any other error. */
export const codeOf = (error: unknown): ErrorCode =>
  error instanceof WatchkeeperError ? error.code : 'STORE_FAILED'

export function incomplete(place: string): WatchkeeperError {
  const text =
    `the store at ${place} is not whole: the server had lost it, and the process that wrote it ` +
    'again was killed meanwhile; restore it from a copy'
  return new WatchkeeperError('STORE_LOST', text)
}
