import { WatchkeeperError } from '../errors.ts'
import type { ErrorCode } from '../errors/codes.ts'

/** Codes of errors of a Redis server, or of the connection to it. */
export type RedisCode = Extract<ErrorCode, `REDIS_${string}`>

/** An error of a Redis server or of the connection to it. */
export class RedisError extends WatchkeeperError {
  declare readonly code: RedisCode

  constructor(code: RedisCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}

/** By the first word of an error answer. */
const ANSWERS: Readonly<Record<string, RedisCode>> = {
  NOAUTH: 'REDIS_AUTH',
  WRONGPASS: 'REDIS_AUTH',
  NOPERM: 'REDIS_AUTH',
  READONLY: 'REDIS_READONLY',
  MISCONF: 'REDIS_READONLY',
  NOREPLICAS: 'REDIS_READONLY',
  MASTERDOWN: 'REDIS_READONLY',
  OOM: 'REDIS_OOM',
  WRONGTYPE: 'REDIS_WRONG_TYPE',
  LOADING: 'REDIS_BUSY',
  BUSY: 'REDIS_BUSY',
}

/** Wraps an error of the client; returns a RedisError unchanged. */
export function redisError(cause: unknown): RedisError {
  if (cause instanceof RedisError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  // When several addresses all refuse, Node throws an AggregateError without a message.
  const text = (cause instanceof Error ? message || code : undefined) ?? String(cause)
  return new RedisError(codeOf(cause, text), text.slice(0, LONGEST), { cause })
}

const LONGEST = 300

function codeOf(cause: unknown, text: string): RedisCode {
  if (text === 'Command timed out') return 'REDIS_TIMEOUT'
  if (!(cause instanceof Error) || cause.name !== 'ReplyError') return 'REDIS_UNAVAILABLE'
  // An aborted transaction reports only that; the client stores the errors of its commands.
  const { previousErrors } = cause as { previousErrors?: readonly unknown[] }
  if (previousErrors !== undefined && previousErrors.length > 0) {
    return redisError(previousErrors[0]).code
  }
  const word = /^[A-Z]+/.exec(text)?.[0]
  if (word === 'ERR' && /invalid password|without any password/i.test(text)) return 'REDIS_AUTH'
  return (word === undefined ? undefined : ANSWERS[word]) ?? 'REDIS_ERROR'
}
