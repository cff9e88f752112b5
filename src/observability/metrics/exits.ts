import { EXIT_OUTCOMES, EXIT_REASONS } from '../../domain/reason.ts'
import { countsOf, single, type MetricFamily } from './family.ts'

const OPEN_STATES = [
  'intending',
  'intended',
  'queued',
  'sending',
  'acknowledged',
  'partly-filled',
  'unknown',
  'rejected',
  'foreign',
  'filled',
] as const
const REJECTIONS = [
  'insufficient-quantity',
  'nothing-held',
  'held-by-orders',
  'price-band',
  'below-minimum',
  'market-closed',
  'would-trigger',
  'unknown-instrument',
  'no-permission',
  'refused',
  'ended',
] as const

/** Exits, from the decision to the fill. */
export const exitMetrics: MetricFamily = board => {
  courseMetrics(board)
  verificationMetrics(board)
  openExitMetrics(board)
  faultMetrics(board)
}

/** Decisions, attempts and ends. */
const courseMetrics: MetricFamily = board => {
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
      name: 'watchkeeper_exits_ended_total',
      help: 'Exits that are over, by reason and by how they ended.',
      labels: ['reason', 'outcome'],
    },
    ({ exitsEnded }) =>
      EXIT_OUTCOMES.flatMap(outcome =>
        EXIT_REASONS.map(
          reason => [{ reason, outcome }, exitsEnded[outcome].get(reason) ?? 0] as const,
        ),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_exit_rejections_total',
      help: 'Attempts at an exit that the venue refused, by its reason; each is followed by another one.',
      labels: ['code'],
    },
    facts => countsOf('code', REJECTIONS, facts.rejections),
  )
  board.counter(
    {
      name: 'watchkeeper_exit_unknown_total',
      help: 'Orders whose outcome became unknown; evidence settles each.',
    },
    facts => single(facts.unknownOrders),
  )
}

/** Answers of the venue beyond those to the order itself. */
const verificationMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_exit_foreign_orders_total',
      help: 'Attempts whose id the venue knew from an order that this store did not send; nothing of it is booked.',
    },
    facts => single(facts.foreignOrders),
  )
  board.counter(
    {
      name: 'watchkeeper_exit_late_fills_total',
      help: 'Fills of orders whose exits were over; each is booked on its exit.',
    },
    facts => single(facts.lateFills),
  )
  board.counter(
    {
      name: 'watchkeeper_exit_unverified_total',
      help: 'Orders that left without an answer about their holding, by exits.sendUnverifiedAfterMs.',
    },
    facts => single(facts.unverifiedOrders),
  )
  board.gauge(
    {
      name: 'watchkeeper_exit_unverified_seconds',
      help: 'Longest time for which an exit waits for an answer about its holding; 0 where none waits.',
    },
    facts => single(facts.unverifiedMs / 1_000),
  )
  board.counter(
    {
      name: 'watchkeeper_positions_closed_elsewhere_total',
      help: 'Positions that the venue proved gone without an exit of ours.',
    },
    facts => single(facts.closedElsewhere),
  )
}

/** Exits and orders that have not ended. */
const openExitMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_released_orders',
      help: 'Orders of released positions that may still be executed; each is cancelled, and followed until it is over.',
    },
    facts => single(facts.releasedOrders),
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
}

/** Faults during exits. */
const faultMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_isolated_faults_total',
      help: 'Faults that concern one position or holding alone; all else went on.',
    },
    facts => single(facts.isolatedFaults),
  )
  board.counter(
    {
      name: 'watchkeeper_broker_errors_total',
      help: 'Calls to the broker that ended with an error.',
    },
    facts => single(facts.brokerErrors),
  )
}
