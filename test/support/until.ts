import { setTimeout as sleep } from 'node:timers/promises'

/** Long enough for the slowest machine, and shorter than the longest test. */
const PATIENCE_MS = 60_000
/** Pauses between two polls. A condition that asks another process costs both of them CPU time: its pauses grow. */
const PAUSE_MS = 5
const LONGEST_PAUSE_MS = 80

export interface Poll {
  readonly patienceMs?: number
  /** Called when the patience is over; throws. */
  onLate?(): never
}

/** Polls until the expected value is there; throws when it never comes. */
export async function until(
  isThere: () => unknown,
  { patienceMs = PATIENCE_MS, onLate = late }: Poll = {},
): Promise<void> {
  const end = performance.now() + patienceMs
  let pauseMs = PAUSE_MS
  for (;;) {
    const answer = isThere()
    if (await answer) return
    if (performance.now() > end) onLate()
    await sleep(pauseMs)
    if (answer instanceof Promise) pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)
  }
}

function late(): never {
  throw new Error('what was waited for has not come')
}
