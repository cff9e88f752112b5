import type { RedisAddress, RedisConfig } from './options.ts'

const FIRST_RECONNECT_MS = 50

interface Hooks {
  /** Told of each attempt to connect that follows another one. */
  onRetry(): void
  /** Whether the connection is given up for the sake of an error that a command was answered with. */
  replaces(cause: unknown): boolean
}

/** What the client of one connection is told: nothing waits in a queue, and nothing is sent twice. */
export function clientOptions(
  given: { readonly config: RedisConfig; readonly address: RedisAddress; random(): number },
  { onRetry, replaces }: Hooks,
) {
  const { config, address, random } = given
  const { tls, username, password, ...where } = address
  return {
    ...where,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    connectTimeout: config.connectTimeoutMs,
    commandTimeout: config.commandTimeoutMs,
    retryStrategy: (attempt: number) => {
      onRetry()
      const ms = Math.min(
        config.reconnectMaxMs,
        FIRST_RECONNECT_MS * 2 ** Math.min(attempt - 1, 20),
      )
      return Math.round(ms * (0.5 + random() / 2))
    },
    reconnectOnError: (cause: Error): 1 | false => (replaces(cause) ? 1 : false),
    // What was in flight when the connection broke is rejected then, and never sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // The client's own way leaves promises that nobody listens to.
    autoResubscribe: false,
    disableClientInfo: true,
    lazyConnect: true,
  }
}
