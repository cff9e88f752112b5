import type { RedisFacts } from '../observability/metrics/redis-facts.ts'
import type { RedisConnection } from '../redis/connection.ts'
import { state } from '../resilience/breaker.ts'

/** Without a Redis server. */
export const NO_REDIS: RedisFacts = { connections: [], messages: {}, malformed: {} }

/** The state of connections by their use, at `now` (monotonic ms). */
export const connectionFacts = (
  connections: Iterable<readonly [use: string, RedisConnection]>,
  now: number,
): RedisFacts['connections'] =>
  [...connections].map(([use, { isUp, breaker, reconnects, outcomes }]) => ({
    use,
    isUp,
    reconnects,
    outcomes: { ...outcomes },
    breaker: state(breaker, now),
  }))
