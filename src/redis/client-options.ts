import type { RedisAddress, RedisConfig } from './options.ts'

const FIRST_RECONNECT_MS = 50

interface Hooks {
  /** Called for each attempt to connect after the first. */
  onRetry(): void
  /** Whether to reconnect because of an error that the server answered a command with. */
  replaces(cause: unknown): boolean
}

/** Options of the client of one connection: no command waits in a queue, and none is sent twice. */
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
    // Commands in flight on a broken connection are rejected, and never sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    // ioredis's own handling leaves promises whose rejection no code handles.
    autoResubscribe: false,
    disableClientInfo: true,
    lazyConnect: true,
  }
}
