// Which test files run side by side, and in which order.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

/** Files at once: as many as the smallest machine has cores. */
export const JOBS = 2

/** The files that take longest, first: at the end the last file runs alone. */
const LONGEST = [
  'test/cli/run.test.ts',
  'test/exits/account-book.property.test.ts',
  'test/app/failover.test.ts',
  'test/cli/service-commands.test.ts',
  'test/risk/dispatcher.property.test.ts',
  'test/app/store-id.test.ts',
  'test/app/redis-outage.test.ts',
  'test/app/backup.test.ts',
  'test/app/older-store.test.ts',
  'test/crash/crash.test.ts',
  'test/cli/replay.test.ts',
  'test/attacks/people.test.ts',
  'test/risk/rules/session-end.test.ts',
  'test/attacks/lives.test.ts',
  'test/attacks/refusals.test.ts',
  'test/attacks/answers.test.ts',
  'test/attacks/hand-trades.test.ts',
  'test/attacks/stores.test.ts',
  'test/attacks/clocks.test.ts',
  'test/cli/stopping.test.ts',
  'test/cli/check.test.ts',
  'test/processes/watchdog.test.ts',
  'test/stores/redis/outage.test.ts',
  'test/http/routes/debug.test.ts',
  'test/http/routes/events.test.ts',
  'test/cli/run-output.test.ts',
  'test/app/data-folder.test.ts',
  'test/app/solo-outage.test.ts',
]

/** Every test file, those that take longest first. */
export function filesInOrder(longest = LONGEST) {
  const files = readdirSync(join(root, 'test'), { recursive: true })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `test/${file.replaceAll('\\', '/')}`)
    .toSorted()
  const first = longest.filter(file => files.includes(file))
  return [...first, ...files.filter(file => !first.includes(file))]
}
