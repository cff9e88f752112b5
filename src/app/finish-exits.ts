import type { Account } from '../account/account.ts'
import type { Clock } from '../ports/clock.ts'

const STEP_MS = 50
/** Time before the end in which nothing new is sent: its answer might never be read, ms. */
const LAST_SEND_MS = 1_000

/** Runs cycles until no exit is open, at most until `until` (monotonic ms). */
export async function finishExits(
  account: Account,
  clock: Pick<Clock, 'monotonic'>,
  until: number,
): Promise<void> {
  while (account.state.openExits.size > 0 && clock.monotonic() < until) {
    if (clock.monotonic() >= until - LAST_SEND_MS) account.holdSends()
    account.cycle()
    await new Promise(resolve => setTimeout(resolve, STEP_MS))
  }
}
