/** A signal that a time limit aborts. */
export interface TimeLimit {
  readonly signal: AbortSignal
  /** Ends the limit; the signal is aborted no more. */
  clear(): void
}

/**
 * A signal that is aborted with a `TimeoutError` after `ms`, or as `given` is, whichever comes first. Its timer
 * keeps it: Node 20 collects a signal of `AbortSignal.timeout` that only `AbortSignal.any` refers to, and what
 * waits for it waits for ever.
 */
export function timeLimit(ms: number, given: AbortSignal): TimeLimit {
  const limit = new AbortController()
  const follow = (): void => limit.abort(given.reason)
  const timer = setTimeout(() => {
    limit.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'))
  }, ms)
  if (given.aborted) follow()
  else given.addEventListener('abort', follow, { once: true })
  return {
    signal: limit.signal,
    clear: () => {
      clearTimeout(timer)
      given.removeEventListener('abort', follow)
    },
  }
}
