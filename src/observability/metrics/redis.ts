import type { MetricFacts } from './facts.ts'
import type { MetricFamily, Values } from './family.ts'
import { BREAKER_STATES } from './gateway.ts'
import type { RedisFacts } from './redis-facts.ts'

type Connection = RedisFacts['connections'][number]

/** Redis servers: connections, commands, and the prices that came from there. */
export const redisMetrics: MetricFamily = board => {
  const each =
    (read: (connection: Connection) => Values) =>
    ({ redis }: MetricFacts) =>
      redis.connections.flatMap(connection =>
        [...read(connection)].map(
          ([labels, value]) => [{ use: connection.use, ...labels }, value] as const,
        ),
      )
  board.gauge(
    {
      name: 'watchkeeper_redis_up',
      help: 'Whether a connection to Redis is there, by what it is for.',
      labels: ['use'],
    },
    each(({ isUp }) => [[{}, isUp ? 1 : 0]]),
  )
  board.counter(
    {
      name: 'watchkeeper_redis_reconnects_total',
      help: 'Attempts to connect to Redis again.',
      labels: ['use'],
    },
    each(({ reconnects }) => [[{}, reconnects]]),
  )
  board.gauge(
    {
      name: 'watchkeeper_redis_breaker_state',
      help: 'Circuit breaker of a connection to Redis: 1 for the state that holds.',
      labels: ['use', 'state'],
    },
    each(({ breaker }) =>
      BREAKER_STATES.map(state => [{ state }, state === breaker ? 1 : 0] as const),
    ),
  )
  board.counter(
    {
      name: 'watchkeeper_redis_commands_total',
      help: 'Commands to Redis by how they ended: ok, error, timeout, unavailable, or refused by the breaker.',
      labels: ['use', 'outcome'],
    },
    each(({ outcomes }) => counts('outcome', outcomes)),
  )
  priceMetrics(board)
}

const counts = (label: string, record: Readonly<Record<string, number>>): Values =>
  Object.entries(record).map(([key, count]) => [{ [label]: key }, count] as const)

/** Messages with prices. */
const priceMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_redis_messages_total',
      help: 'Messages, stream entries and hashes with prices that were read from Redis.',
      labels: ['source'],
    },
    ({ redis }) => counts('source', redis.messages),
  )
  board.counter(
    {
      name: 'watchkeeper_redis_malformed_total',
      help: 'Those of them that were no price, by what was wrong with them.',
      labels: ['kind'],
    },
    ({ redis }) => counts('kind', redis.malformed),
  )
}
