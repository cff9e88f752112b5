import type { RedisError } from './errors.ts'

/**
 * Outcome of a command: answered; refused by the server; no answer in time; no connection; refused
 * by the breaker.
 */
export type RedisOutcome = 'ok' | 'error' | 'timeout' | 'unavailable' | 'refused'

/** The outcome of a failed command. */
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
