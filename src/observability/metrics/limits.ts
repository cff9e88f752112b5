import type { LimitFacts, MetricFacts } from './facts.ts'
import { type MetricFamily } from './family.ts'

/** The limits on the loss of a trading day; their names come from the config. */
export const limitMetrics: MetricFamily = board => {
  const each = (value: (limit: LimitFacts) => number) => (facts: MetricFacts) =>
    facts.limits.map(limit => [{ limit: limit.name }, value(limit)] as const)
  const labels = ['limit']
  board.gauge(
    {
      labels,
      name: 'watchkeeper_daily_loss',
      help: 'Loss that counts against a limit, money; negative is a profit.',
    },
    each(({ loss }) => loss),
  )
  board.gauge(
    {
      labels,
      name: 'watchkeeper_daily_loss_limit',
      help: 'Loss at which a limit flattens what belongs to it, money.',
    },
    each(({ maxLoss }) => maxLoss),
  )
  board.gauge(
    {
      labels,
      name: 'watchkeeper_daily_loss_tripped',
      help: '1 for a limit that is tripped and not reset.',
    },
    each(({ isTripped }) => (isTripped ? 1 : 0)),
  )
}
