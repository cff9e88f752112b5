import type { RedisError } from './errors.ts'

/**
 * How a command ended: answered; with an error of the server; without an answer in time; without a
 * connection; refused by the breaker.
 */
export type RedisOutcome = 'ok' | 'error' | 'timeout' | 'unavailable' | 'refused'

/** The outcome of a command that failed. */
export function outcomeOf({ code }: RedisError): RedisOutcome {
  switch (code) {
    case 'REDIS_TIMEOUT':
      return 'timeout'
    case 'REDIS_UNAVAILABLE':
      return 'unavailable'
    case 'REDIS_REFUSED':
      return 'refused'
    default:
      return 'error'
  }
}
