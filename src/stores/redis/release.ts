import type { RedisDatabase } from './database.ts'

/** Longest wait for the release of the ownership, ms. */
const RELEASE_MS = 2_000

/** Gives up the ownership of a store; where the server does not answer soon, the lease ends by itself. */
export async function release(database: Pick<RedisDatabase, 'release'>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, RELEASE_MS)))
  // A release that fails: another process may own the store already.
  await Promise.race([database.release().catch(() => undefined), late])
  clearTimeout(timer)
}
