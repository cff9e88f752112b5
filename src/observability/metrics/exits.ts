import { EXIT_REASONS } from '../../domain/reason.ts'
import { countsOf, type MetricFamily, single } from './family.ts'

const OPEN_STATES = ['intended', 'sending', 'acknowledged', 'unknown', 'rejected'] as const

/** Exits, from the decision to the fill. */
export const exitMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_exits_intended_total',
      help: 'Exits that were decided and made durable, by reason.',
      labels: ['reason'],
    },
    facts => countsOf('reason', EXIT_REASONS, facts.exitsIntended),
  )
  board.counter(
    {
      name: 'watchkeeper_exits_filled_total',
      help: 'Exits that the broker has filled, by reason.',
      labels: ['reason'],
    },
    facts => countsOf('reason', EXIT_REASONS, facts.exitsFilled),
  )
  board.gauge(
    {
      name: 'watchkeeper_exits_open',
      help: 'Exits that are durable and not over, by state of the ledger.',
      labels: ['state'],
    },
    facts => countsOf('state', OPEN_STATES, facts.openExits),
  )
  board.gauge(
    {
      name: 'watchkeeper_exit_oldest_open_seconds',
      help: 'Age of the oldest exit that is not over; 0 without one.',
    },
    facts => single(facts.oldestExitMs / 1_000),
  )
  board.counter(
    {
      name: 'watchkeeper_broker_errors_total',
      help: 'Calls to the broker that ended with an error.',
    },
    facts => single(facts.brokerErrors),
  )
}
