import type { RootDatabase } from 'lmdb'

/** Tries of a transaction that lmdb has lost before anything was done in it. */
const MOST_TRIES = 3

/**
 * Runs `act` as one transaction of an lmdb environment: what it throws takes back all that it did.
 * On disk when the promise resolves. Rejects with what went wrong, not with lmdb's note that
 * something did; without that the note's own promise would end the process.
 */
export async function commit<Result>(
  root: RootDatabase<unknown, string>,
  act: () => Result,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await once(root, act)
    } catch (error) {
      if (tries === MOST_TRIES || !isLost(error)) throw error
    }
  }
}

/** Where other processes open and leave the same file, lmdb at times reads outside its transaction. */
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
    // lmdb waits for ever, at the latest when it is closed, for the flush of a commit that failed;
    // it forgets that one for the next, which writes nothing and so cannot fail.
    await root.transaction(() => undefined)
    throw cause
  }
}
