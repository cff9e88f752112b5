import type { RootDatabase } from 'lmdb'

/**
 * Runs `act` as one transaction of an lmdb environment: what it throws takes back all that it did.
 * On disk when the promise resolves. Rejects with what went wrong, not with lmdb's note that
 * something did; without that the note's own promise would end the process.
 */
export async function commit<Result>(
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
