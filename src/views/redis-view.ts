import type { RedisFacts } from '../observability/metrics/redis-facts.ts'
import type { RedisConnection } from '../redis/connection.ts'
import { state } from '../resilience/breaker.ts'

/** Without a Redis server. */
export const NO_REDIS: RedisFacts = { connections: [], messages: {}, malformed: {} }

/** How connections fare, by what they are for, at `now` (monotonic ms). */
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
