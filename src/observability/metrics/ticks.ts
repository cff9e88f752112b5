import { single, type MetricFamily } from './family.ts'

/** Prices from the feed. */
export const tickMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_ticks_total',
      help: 'Ticks of guarded instruments by what became of them: evaluated, dropped as impossible, too old, from outside the hours of their market, or suddenly dated ahead of the clock.',
      labels: ['result'],
    },
    ({ ticks: { evaluated, bad, old, closed, ahead } }) => [
      [{ result: 'evaluated' }, evaluated],
      [{ result: 'bad' }, bad],
      [{ result: 'old' }, old],
      [{ result: 'closed' }, closed],
      [{ result: 'ahead' }, ahead],
    ],
  )
  board.gauge(
    {
      name: 'watchkeeper_tick_age_seconds',
      help: 'Age of the last price of guarded instruments: of the newest and of the oldest, those of closed markets included; +Inf before the first.',
      labels: ['of'],
    },
    ({ prices: { oldestMs, newestMs } }) => [
      [{ of: 'newest' }, newestMs / 1_000],
      [{ of: 'oldest' }, oldestMs / 1_000],
    ],
  )
  board.gauge(
    {
      name: 'watchkeeper_stale_instruments',
      help: 'Instruments whose market is open and whose price is older than health.staleMs.',
    },
    ({ prices }) => single(prices.stale),
  )
  board.gauge(
    {
      name: 'watchkeeper_pending_positions',
      help: 'Positions whose monitors have ticks or deadlines before them.',
    },
    ({ prices }) => single(prices.pending),
  )
  board.gauge(
    {
      name: 'watchkeeper_backlog_ticks',
      help: 'Ticks that wait for pending positions: most of one price stream, and the limit at which they are folded.',
      labels: ['of'],
    },
    ({ prices: { backlog, backlogLimit } }) => [
      [{ of: 'longest' }, backlog],
      [{ of: 'limit' }, backlogLimit],
    ],
  )
  board.counter(
    {
      name: 'watchkeeper_fold_errors_total',
      help: "Replays in a monitor's place that failed; the position stays pending.",
    },
    ({ prices }) => single(prices.foldErrors),
  )
}
