import type { GatewayFacts } from './facts.ts'
import { single, type MetricFamily } from './family.ts'

/** Every kind of call to a broker, by its group of endpoints. */
export const BROKER_OPERATIONS = {
  orders: ['placeExit', 'cancel'],
  account: [
    'orderByClientId',
    'holding',
    'holdings',
    'openOrders',
    'instruments',
    'positionMode',
    'permissions',
    'changes',
    'time',
  ],
  quotes: ['quotes'],
} as const

/** Outcomes of a call; other codes that an adapter throws are `other`. */
const OUTCOMES = [
  'ok',
  'NOT_SENT',
  'RATE_LIMITED',
  'UNAUTHORIZED',
  'OUTCOME_UNKNOWN',
  'ADAPTER_FAULT',
] as const
const OTHER = 'other'

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
  breakerMetrics(board)
  throttleMetrics(board)
  limitUseMetrics(board)
  laneMetrics(board)
  board.gauge(
    {
      name: 'watchkeeper_credentials_end_timestamp_seconds',
      help: 'When the credentials of the broker end, seconds since 1970; absent where that is not known.',
    },
    ({ credentialsEndAt }) =>
      credentialsEndAt === undefined ? [] : single(credentialsEndAt / 1_000),
  )
  board.gauge(
    {
      name: 'watchkeeper_broker_clock_ahead_seconds',
      help: 'How far the clock of the broker is ahead of that of this machine (below 0: behind); of several accounts that which differs most. Absent where it is not known.',
    },
    ({ brokerClockMs }) => (brokerClockMs === undefined ? [] : single(brokerClockMs / 1_000)),
  )
  board.counter(
    {
      name: 'watchkeeper_broker_calls_total',
      help: 'Calls to the broker that ended, by outcome: ok, the code of the error, or other.',
      labels: ['group', 'operation', 'outcome', 'account'],
    },
    ({ gateway }) => callCounts(gateway),
  )
}

/** Circuit breakers of groups of endpoints. */
const breakerMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_breaker_state',
      help: 'Circuit breaker of a group of endpoints: 1 for the state that holds.',
      labels: ['group', 'state', 'account'],
    },
    ({ gateway }) =>
      gateway.breakers.flatMap(({ account, group, state: present }) =>
        BREAKER_STATES.map(
          state => [{ group, state, ...of(account) }, state === present ? 1 : 0] as const,
        ),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_breaker_refused_total',
      help: 'Calls that a breaker did not let through.',
      labels: ['group', 'account'],
    },
    ({ gateway }) =>
      gateway.breakers.map(
        ({ account, group, refused }) => [{ group, ...of(account) }, refused] as const,
      ),
  )
}

/** Rates of the limits of a venue. */
const throttleMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_throttle_rate',
      help: 'Calls a second that the throttle of a limit allows at present.',
      labels: ['limit', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.map(
        ({ account, limit, rate }) => [{ limit, ...of(account) }, rate] as const,
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_throttle_ceiling',
      help: 'Calls a second that the venue names for a limit; no value where it names none.',
      labels: ['limit', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ account, limit, ceiling }) =>
        ceiling === undefined ? [] : [[{ limit, ...of(account) }, ceiling] as const],
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_throttle_interval_seconds',
      help: 'Time between two polls under a limit, the load of this process included.',
      labels: ['limit', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.map(
        ({ account, limit, intervalMs }) =>
          [{ limit, ...of(account) }, intervalMs / 1_000] as const,
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_throttle_frozen',
      help: '1 for a throttle whose rate stands still because a breaker is open.',
      labels: ['limit', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.map(
        ({ account, limit, isFrozen }) => [{ limit, ...of(account) }, isFrozen ? 1 : 0] as const,
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_calls_in_flight',
      help: 'Calls that wait for their answer.',
      labels: ['limit', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.map(
        ({ account, limit, inFlight }) => [{ limit, ...of(account) }, inFlight] as const,
      ),
  )
}

/** What the venue reports of its limits. */
const limitUseMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_venue_limit_used_ratio',
      help: 'Largest share of a limit that answers of the venue reported as used within the last minute; absent where it reports none.',
      labels: ['group', 'account'],
    },
    ({ gateway }) =>
      gateway.limitUses.map(
        ({ account, group, share }) => [{ group, ...of(account) }, share] as const,
      ),
  )
}

/** Calls that wait for a limit. */
const laneMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_lane_depth',
      help: 'Calls that wait for their turn.',
      labels: ['limit', 'lane', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ account, limit, lanes }) =>
        lanes.map(({ lane, depth }) => [{ limit, lane, ...of(account) }, depth] as const),
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_lane_bound',
      help: 'Calls that may wait in one lane.',
    },
    ({ gateway }) => single(gateway.laneBound),
  )
  board.gauge(
    {
      name: 'watchkeeper_lane_oldest_wait_seconds',
      help: 'Time that the call at the head of a lane has waited; 0 where none waits.',
      labels: ['limit', 'lane', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ account, limit, lanes }) =>
        lanes.map(
          ({ lane, oldestWaitMs }) =>
            [{ limit, lane, ...of(account) }, oldestWaitMs / 1_000] as const,
        ),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_lane_dropped_total',
      help: 'Calls that a full lane left out.',
      labels: ['limit', 'lane', 'account'],
    },
    ({ gateway }) =>
      gateway.throttles.flatMap(({ account, limit, lanes }) =>
        lanes.map(({ lane, dropped }) => [{ limit, lane, ...of(account) }, dropped] as const),
      ),
  )
}

/** Every combination of labels, 0 where nothing was counted. */
function* callCounts(gateway: GatewayFacts): Iterable<Counted> {
  const counts = new Map<string, number>()
  const keyOf = (account: string | undefined, operation: string, outcome: string): string =>
    `${account ?? ''} ${operation} ${outcome}`
  for (const { account, operation, outcome, count } of gateway.calls) {
    const known = OUTCOMES.some(each => each === outcome) ? outcome : OTHER
    const key = keyOf(account, operation, known)
    counts.set(key, (counts.get(key) ?? 0) + count)
  }
  for (const account of new Set(gateway.breakers.map(each => each.account))) {
    for (const [group, operations] of Object.entries(BROKER_OPERATIONS)) {
      for (const operation of operations) {
        for (const outcome of [...OUTCOMES, OTHER]) {
          const count = counts.get(keyOf(account, operation, outcome)) ?? 0
          yield [{ group, operation, outcome, ...of(account) }, count]
        }
      }
    }
  }
}

/** The label of an account that the configuration names. */
const of = (account: string | undefined): Readonly<Record<string, string>> =>
  account === undefined ? {} : { account }

type Counted = readonly [labels: Readonly<Record<string, string>>, value: number]
