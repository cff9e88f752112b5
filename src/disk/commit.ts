import type { RootDatabase } from 'lmdb'

/** Attempts of a transaction that lmdb has lost before it did anything. */
const MOST_TRIES = 3
/** Longest wait for a commit, ms: where other processes open and close the same file, lmdb at times never ends one. */
const LONGEST_MS = 30_000

/**
 * Runs `act` as one transaction of an lmdb environment; an error that `act` throws rolls it back.
 * It is on disk when the promise resolves. Rejects with the cause, not with lmdb's notice of a
 * failure, whose second promise would otherwise end the process as unhandled.
 */
export async function commit<Result>(
  root: RootDatabase<unknown, string>,
  act: () => Result,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await within(LONGEST_MS, once(root, act))
    } catch (error) {
      if (tries === MOST_TRIES || !isLost(error)) throw error
    }
  }
}

/** The result of a commit; rejects where it has not ended after `ms`. */
async function within<Result>(ms: number, commit: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`lmdb has not ended a commit after ${ms} ms`)), ms)
  })
  return Promise.race([commit, late]).finally(() => clearTimeout(timer))
}

/**
 * Where other processes open and close the same file, lmdb at times reads outside its transaction.
 */
const isLost = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('No transaction to renew')

async function once<Result>(
  root: RootDatabase<unknown, string>,
  act: () => Result,
): Promise<Result> {
  try {
    const result = await root.childTransaction(act)
    await root.flushed
    return result
  } catch (error) {
    const { commitError } = Object(error) as { commitError?: Promise<unknown> }
    if (commitError === undefined) throw error
    const cause: unknown = await commitError.catch((each: unknown) => each)
    // When a commit has failed, lmdb waits for ever for its flush, at the latest on close. It stops
    // waiting with the next commit: this one writes nothing and so cannot fail.
    await root.transaction(() => undefined)
    throw cause
  }
}
