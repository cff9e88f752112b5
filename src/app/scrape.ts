import type { NoticeFacts } from '../observability/metrics/facts.ts'
import type { MetricsFormat } from '../ports/control.ts'
import { mergedFacts } from '../views/merged-facts.ts'
import { mergedRedis, mergedStreams } from '../views/merged-feeds.ts'
import { metricFacts } from '../views/metric-facts.ts'
import type { AccountRun } from './account-run.ts'
import type { ServiceParts } from './build.ts'
import type { TrustedOptions } from './options.ts'

interface Scraped {
  readonly runs: readonly AccountRun[]
  readonly parts: Pick<ServiceParts, 'performance' | 'store'>
  readonly options: Pick<TrustedOptions, 'clock' | 'version'>
  /** Epoch ms. */
  readonly startedAt: number
  readonly notices: NoticeFacts
}

/** The metrics of the service for one scrape: accounts are summed up, calls to brokers are shown by account. */
export async function scrapeOf(
  { runs, parts, options, startedAt, notices }: Scraped,
  format: MetricsFormat,
): Promise<string> {
  const { performance, store } = parts
  const { clock, version } = options
  const now = clock.now()
  const monotonicMs = clock.monotonic()
  const redis = mergedRedis(runs.map(({ prices }) => prices.redisFacts()))
  const streams = mergedStreams(
    runs.flatMap(({ prices, guarded }) => [prices.streamFacts(), guarded.deps.hints.facts()]),
  )
  const advisors = runs.flatMap(each => each.advisorFacts())
  // Accounts that read one feed count its ticks together.
  const isFirst = runs.map(
    ({ account }, index) =>
      runs.findIndex(each => each.account.tickPath === account.tickPath) === index,
  )
  const all = await Promise.all(
    runs.map(({ guarded, account, health, exitable }, index) =>
      metricFacts(
        {
          account,
          desk: guarded.deps.desk,
          countsTicks: isFirst[index]!,
          name: guarded.deps.shownAs,
          performance,
          store: store.status(),
          notices,
          exitable,
          monotonicMs,
        },
        {
          version,
          startedAt,
          now,
          health: health.current().status,
          healthAt: now - health.ageMs,
          redis,
          streams,
          advisors,
          brokerClockMs: guarded.deps.access.facts.clock?.aheadMs,
        },
      ),
    ),
  )
  return performance.board.scrape(mergedFacts(all), format)
}
