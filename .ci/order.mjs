// Which test files run side by side, and in which order.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

/** Files at once: thrice the cores of the smallest machine, as tests wait for processes and timers half of their time. */
export const JOBS = 6

/** The slowest files, to be run first: at the end the last file runs alone. */
export const LONGEST = [
  'test/app/venue-prices.test.ts',
  'test/cli/run.test.ts',
  'test/attacks/venues.test.ts',
  'test/attacks/venue-answers.test.ts',
  'test/attacks/answers.test.ts',
  'test/ci/package.test.ts',
  'test/page/browser.test.ts',
  'test/attacks/people.test.ts',
  'test/crash/crash.test.ts',
  'test/attacks/stores.test.ts',
  'test/attacks/generations.test.ts',
  'test/attacks/clocks.test.ts',
  'test/app/failover.test.ts',
  'test/app/broker-check.test.ts',
  'test/app/accounts.test.ts',
  'test/app/older-store.test.ts',
  'test/attacks/hand-trades.test.ts',
  'test/docs/commands.test.ts',
  'test/app/settings-arrive.test.ts',
  'test/app/nets-at-a-bridge.test.ts',
  'test/app/store-id.test.ts',
  'test/app/redis-outage.test.ts',
  'test/attacks/venue-limits.test.ts',
  'test/brokers/venue/stream/quotes.test.ts',
  'test/page/docs.test.ts',
  'test/feeds/example-day.test.ts',
  'test/attacks/refusals.test.ts',
  'test/http/routes/events.test.ts',
  'test/exits/account-book.property.test.ts',
  'test/brokers/http.test.ts',
  'test/app/data-folder.test.ts',
  'test/support/broker-server/server.test.ts',
  'test/page/long-open.test.ts',
  'test/page/several-accounts.test.ts',
  'test/app/settings.test.ts',
  'test/processes/watchdog.test.ts',
  'test/docs/journeys.test.ts',
  'test/account/nets.property.test.ts',
  'test/cli/stopping.test.ts',
  'test/app/build.test.ts',
  'test/stores/redis/outage.test.ts',
  'test/app/telegram.test.ts',
  'test/app/shrink-causes.test.ts',
  'test/account/changeable.test.ts',
  'test/http/contract.test.ts',
  'test/cli/run-output.test.ts',
  'test/brokers/venue/stream/account.test.ts',
  'test/app/messages.test.ts',
  'test/app/plugins.test.ts',
  'test/brokers/http/exchange.test.ts',
  'test/app/counts.test.ts',
  'test/app/account-hints.test.ts',
  'test/app/measurements.test.ts',
  'test/app/backup.test.ts',
  'test/app/health-news.test.ts',
  'test/app/orders-of-a-venue.test.ts',
  'test/feeds/redis.test.ts',
  'test/app/venue-secrets.test.ts',
  'test/http/routes/hooks.test.ts',
  'test/http/access/access.test.ts',
  'test/http/routes/debug.test.ts',
  'test/brokers/paper-account.test.ts',
  'test/stores/lmdb.test.ts',
  'test/redis/connection.test.ts',
  'test/config/positions-file.test.ts',
  'test/crash/story.test.ts',
  'test/config/document.test.ts',
  'test/processes/ending.test.ts',
  'test/risk/rules/registry.property.test.ts',
  'test/http/server.test.ts',
  'test/cli/main.test.ts',
  'test/attacks/values.test.ts',
  'test/app/nets-at-venues.test.ts',
  'test/cli/guard.test.ts',
  'test/app/solo-outage.test.ts',
  'test/clients/python.test.ts',
  'test/risk/dispatcher.property.test.ts',
  'test/app/stream-of-a-bridge.test.ts',
  'test/risk/looser.test.ts',
  'test/app/exitable.test.ts',
  'test/cli/replay.property.test.ts',
  'test/account/admission.test.ts',
  'test/cli/replay.test.ts',
  'test/cli/replay-config.test.ts',
  'test/domain/plain-text.test.ts',
  'test/page/first-screen.test.ts',
  'test/observability/metrics/registry.test.ts',
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
