import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { Clock } from '../ports/clock.ts'
import { RedisConnection } from '../redis/connection.ts'
import type { RedisError } from '../redis/errors.ts'
import type { RedisOutcome } from '../redis/outcome.ts'
import { Hashes } from './redis/hashes.ts'
import { Intake } from './redis/intake.ts'
import { RedisName } from './redis/name.ts'
import type { RedisFeedConfig } from './redis/options.ts'
import { PubSub } from './redis/pubsub.ts'
import type { StreamGap } from './redis/stream-state.ts'
import { Stream, type StreamPlaces } from './redis/stream.ts'

/** Purpose of a connection of the feed. */
export type RedisUse = 'feed-push' | 'feed-pull'

export interface RedisFeedOptions {
  readonly config: RedisFeedConfig
  readonly clock: Clock
  /** The instruments whose prices decide at this moment. */
  held(): Iterable<InstrumentId>
  readonly onTick: (tick: Tick) => void
  /** Called with an entry of a stream that was read late. */
  readonly onMissed: (tick: Tick) => void
  /** Where an earlier process stopped reading each stream. */
  readonly places?: StreamPlaces
  /** An older tick does not decide, ms. */
  readonly oldMs: number
  /** Called with entries of a stream that were skipped or lost. */
  readonly onGap: (gap: StreamGap) => void
  /**
   * Called for each command with its outcome and its duration, ms; undefined where the duration
   * includes waiting for entries.
   */
  readonly onCommand: (use: RedisUse, outcome: RedisOutcome, ms: number | undefined) => void
  /**
   * Called with the error when a connection is lost or cannot be made, and with undefined when it
   * is up.
   */
  readonly onChange: (use: RedisUse, error: RedisError | undefined) => void
}

/**
 * Prices from a Redis server: pushed ones, and the last value of instruments for which none are
 * pushed.
 */
export class RedisFeed {
  readonly intake: Intake
  readonly connections: ReadonlyMap<RedisUse, RedisConnection>
  private readonly options: RedisFeedOptions
  private readonly push: PubSub | Stream | undefined
  private readonly hashes: Hashes | undefined

  /** Starts to connect and does not wait for it. Throws what reading the password file throws. */
  static async open(options: RedisFeedOptions): Promise<RedisFeed> {
    const { config, clock, onCommand, onChange } = options
    const connections = new Map<RedisUse, RedisConnection>()
    const uses: RedisUse[] = [
      ...(config.push === 'none' ? [] : ['feed-push' as const]),
      ...(config.hash === false ? [] : ['feed-pull' as const]),
    ]
    for (const use of uses) {
      const connection = await RedisConnection.open({
        config,
        monotonic: () => clock.monotonic(),
        // The duration of a blocking read says nothing about the server.
        onCommand: (outcome, ms) =>
          onCommand(use, outcome, use === 'feed-push' && config.push === 'stream' ? undefined : ms),
        onChange: error => onChange(use, error),
      })
      connections.set(use, connection)
    }
    return new RedisFeed(options, connections)
  }

  private constructor(
    options: RedisFeedOptions,
    connections: ReadonlyMap<RedisUse, RedisConnection>,
  ) {
    const { config, clock, onTick, onMissed } = options
    this.options = options
    this.connections = connections
    const intake = new Intake({
      onTick,
      onMissed,
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
    })
    this.intake = intake
    const pushed = connections.get('feed-push')
    const pulled = connections.get('feed-pull')
    if (pushed !== undefined) this.push = pushOf(options, { connection: pushed, intake })
    if (pulled !== undefined && config.hash !== false) {
      const hashes = new Hashes({ connection: pulled, intake, hash: new RedisName(config.hash) })
      this.hashes = hashes
      // Messages published while the connection was down are lost: read every last value once.
      const readAll = (): void => this.pull([...intake.instruments])
      pulled.onUp(readAll)
      pushed?.onUp(readAll)
    }
  }

  /** Follows the instruments that are held now. Call it once a cycle. */
  sweep(): void {
    const { config, held } = this.options
    const quietMs = config.push === 'none' ? 0 : config.pullAfterMs
    const quiet = this.intake.sweep(held(), quietMs)
    this.push?.follow(this.intake.instruments)
    this.pull(quiet)
  }

  /** Errors of connections that are down, and refusals on connections that are up. */
  troubles(): [RedisUse, RedisError][] {
    const down: [RedisUse, RedisError][] = []
    for (const [use, { trouble }] of this.connections) if (trouble) down.push([use, trouble])
    return [...down, ...this.refusals()]
  }

  /** What the server refuses on connections that are up. */
  refusals(): [RedisUse, RedisError][] {
    const found: [RedisUse, RedisError | undefined][] = [
      ['feed-push', this.push?.trouble],
      ['feed-pull', this.hashes?.trouble],
    ]
    return found.flatMap(([use, error]) =>
      error !== undefined &&
      error.code !== 'REDIS_UNAVAILABLE' &&
      this.connections.get(use)?.isUp === true
        ? [[use, error]]
        : [],
    )
  }

  /** Resolves when no read and no change of subscriptions is running. */
  async idle(): Promise<void> {
    if (this.push instanceof PubSub) await this.push.idle()
    await this.hashes?.idle()
  }

  /** Last values must not overtake older entries of a stream that are still unread. */
  private pull(instruments: readonly InstrumentId[]): void {
    if (this.push instanceof Stream && !this.push.isCaughtUp) return
    this.hashes?.poll(instruments)
  }

  /** How far each stream was read; undefined where no streams are read. */
  place(): StreamPlaces | undefined {
    return this.push instanceof Stream ? this.push.place() : undefined
  }

  close(): void {
    if (this.push instanceof Stream) this.push.close()
    for (const connection of this.connections.values()) connection.close()
  }
}

function pushOf(
  { config, clock, onGap, oldMs, places = {} }: RedisFeedOptions,
  deps: { readonly connection: RedisConnection; readonly intake: Intake },
): PubSub | Stream {
  if (config.push !== 'stream') {
    return new PubSub({ ...deps, channel: new RedisName(config.channel) })
  }
  const { commandTimeoutMs, replayMs, replayEntries } = config
  return new Stream({
    ...deps,
    places,
    onGap,
    oldMs,
    commandTimeoutMs,
    replayMs,
    replayEntries,
    stream: new RedisName(config.stream),
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
  })
}
