import { setTimeout as sleep } from 'node:timers/promises'

/** Long enough for the slowest machine, and shorter than the longest test. */
const PATIENCE_MS = 60_000

/** Polls until the expected value is there; throws when it never comes. */
export async function until(isThere: () => unknown): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await isThere())) {
    if (performance.now() > end) throw new Error('what was waited for has not come')
    await sleep(5)
  }
}
