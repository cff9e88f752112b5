import { type MetricFamily } from './family.ts'

/** The states that a circuit breaker can be in. */
export const BREAKER_STATES = [
  'closed',
  'open',
  'half-open',
  'forced-open',
  'disabled',
  'metrics-only',
] as const

/** Calls to the broker: breakers, throttles, lanes. */
export const gatewayMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_breaker_state',
      help: 'Circuit breaker of a group of endpoints: 1 for the state that holds.',
      labels: ['group', 'state'],
    },
    ({ gateway }) =>
      gateway.breakers.flatMap(({ group, state: present }) =>
        BREAKER_STATES.map(state => [{ group, state }, state === present ? 1 : 0] as const),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_breaker_refused_total',
      help: 'Calls that a breaker did not let through.',
      labels: ['group'],
    },
    ({ gateway }) => gateway.breakers.map(({ group, refused }) => [{ group }, refused] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_throttle_rate',
      help: 'Calls a second that the throttle of a limit allows at present.',
      labels: ['limit'],
    },
    ({ gateway }) => gateway.throttles.map(({ limit, rate }) => [{ limit }, rate] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_calls_in_flight',
      help: 'Calls that wait for their answer.',
      labels: ['limit'],
    },
    ({ gateway }) => gateway.throttles.map(({ limit, inFlight }) => [{ limit }, inFlight] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_lane_depth',
      help: 'Calls that wait for their turn.',
      labels: ['limit', 'lane'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ limit, lanes }) =>
        lanes.map(({ lane, depth }) => [{ limit, lane }, depth] as const),
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_lane_oldest_wait_seconds',
      help: 'Time that the call at the head of a lane has waited; 0 where none waits.',
      labels: ['limit', 'lane'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ limit, lanes }) =>
        lanes.map(({ lane, oldestWaitMs }) => [{ limit, lane }, oldestWaitMs / 1_000] as const),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_lane_dropped_total',
      help: 'Calls that a full lane left out.',
      labels: ['limit', 'lane'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ limit, lanes }) =>
        lanes.map(({ lane, dropped }) => [{ limit, lane }, dropped] as const),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_broker_calls_total',
      help: 'Calls to the broker that ended, by outcome: ok, or the code of the error.',
      labels: ['group', 'operation', 'outcome'],
    },
    ({ gateway }) => gateway.calls.map(({ count, ...labels }) => [labels, count] as const),
  )
}
