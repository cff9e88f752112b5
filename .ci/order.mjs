// Which test files run side by side, and in which order.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

/** Files at once: two more than the smallest machine has cores, as many tests wait for processes and timers. */
export const JOBS = 4

/** The slowest files, to be run first: at the end the last file runs alone. */
export const LONGEST = [
  'test/ci/package.test.ts',
  'test/cli/run.test.ts',
  'test/page/browser.test.ts',
  'test/app/venue-prices.test.ts',
  'test/app/plugins.test.ts',
  'test/attacks/venues.test.ts',
  'test/docs/commands.test.ts',
  'test/app/accounts.test.ts',
  'test/page/long-open.test.ts',
  'test/attacks/hand-trades.test.ts',
  'test/attacks/venue-answers.test.ts',
  'test/app/older-store.test.ts',
  'test/page/several-accounts.test.ts',
  'test/page/docs.test.ts',
  'test/crash/crash.test.ts',
  'test/attacks/clocks.test.ts',
  'test/app/store-id.test.ts',
  'test/page/first-screen.test.ts',
  'test/clients/python.test.ts',
  'test/app/failover.test.ts',
  'test/attacks/stores.test.ts',
  'test/attacks/generations.test.ts',
  'test/account/nets.property.test.ts',
  'test/app/nets-at-venues.test.ts',
  'test/plugins/load.test.ts',
  'test/app/redis-outage.test.ts',
  'test/app/broker-check.test.ts',
  'test/app/paper-in-step.test.ts',
  'test/attacks/answers.test.ts',
  'test/attacks/refusals.test.ts',
  'test/attacks/venue-limits.test.ts',
  'test/app/messages.test.ts',
  'test/cli/replay.test.ts',
  'test/http/routes/events.test.ts',
  'test/cli/replay-config.test.ts',
  'test/cli/service-commands.test.ts',
  'test/feeds/redis.test.ts',
  'test/attacks/people.test.ts',
  'test/cli/init.test.ts',
  'test/app/health-news.test.ts',
  'test/app/backup.test.ts',
  'test/risk/dispatcher.property.test.ts',
  'test/risk/rules/session-end.test.ts',
  'test/app/telegram.test.ts',
  'test/app/embed.test.ts',
  'test/brokers/paper-account.test.ts',
  'test/app/data-folder.test.ts',
  'test/feeds/example-day.test.ts',
  'test/risk/looser.test.ts',
  'test/attacks/values.test.ts',
  'test/brokers/http.test.ts',
  'test/risk/rules/registry.property.test.ts',
  'test/cli/main.test.ts',
  'test/cli/replay.property.test.ts',
  'test/cli/check.test.ts',
  'test/brokers/http/exchange.test.ts',
  'test/app/settings.test.ts',
  'test/crash/story.test.ts',
  'test/cli/stopping.test.ts',
  'test/calls/gates-store.test.ts',
  'test/config/schema.test.ts',
]

/** Every test file, the slowest first. */
export function filesInOrder(longest = LONGEST) {
  const files = readdirSync(join(root, 'test'), { recursive: true })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => `test/${file.replaceAll('\\', '/')}`)
    .toSorted()
  const first = longest.filter(file => files.includes(file))
  return [...first, ...files.filter(file => !first.includes(file))]
}
