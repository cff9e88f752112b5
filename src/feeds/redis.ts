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

/** What a connection of the feed is for. */
export type RedisUse = 'feed-push' | 'feed-pull'

export interface RedisFeedOptions {
  readonly config: RedisFeedConfig
  readonly clock: Clock
  /** The instruments whose prices decide at this moment. */
  held(): Iterable<InstrumentId>
  readonly onTick: (tick: Tick) => void
  /** Told of an entry of a stream that was not read when it came. */
  readonly onMissed: (tick: Tick) => void
  /** Where an earlier process has left its streams. */
  readonly places?: StreamPlaces
  /** A tick that is older decides nothing, ms. */
  readonly oldMs: number
  /** Told of entries of a stream that nobody will read. */
  readonly onGap: (gap: StreamGap) => void
  /** Told of each command: how it ended, and how long it took, ms, where that says something. */
  readonly onCommand: (use: RedisUse, outcome: RedisOutcome, ms: number | undefined) => void
  /** Told when a connection is lost or cannot be made, and with undefined when it is there. */
  readonly onChange: (use: RedisUse, error: RedisError | undefined) => void
}

/** Prices from a Redis server: what is pushed, and the last value of what is not. */
export class RedisFeed {
  readonly intake: Intake
  readonly connections: ReadonlyMap<RedisUse, RedisConnection>
  private readonly options: RedisFeedOptions
  private readonly push: PubSub | Stream | undefined
  private readonly hashes: Hashes | undefined

  /** Begins to connect and does not wait for it. Throws what reading the password's file throws. */
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
        // The time of a read that waits for entries says nothing.
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
      // What was published meanwhile is lost: the last values are read once, whatever was pushed.
      const readAll = (): void => this.pull([...intake.instruments])
      pulled.onUp(readAll)
      pushed?.onUp(readAll)
    }
  }

  /** Looks at what is held now: once a cycle. */
  look(): void {
    const { config, held } = this.options
    const quietMs = config.push === 'none' ? 0 : config.pullAfterMs
    const quiet = this.intake.look(held(), quietMs)
    this.push?.follow(this.intake.instruments)
    this.pull(quiet)
  }

  /** Why connections are down, and what is refused on those that are there. */
  troubles(): [RedisUse, RedisError][] {
    const down: [RedisUse, RedisError][] = []
    for (const [use, { trouble }] of this.connections) if (trouble) down.push([use, trouble])
    return [...down, ...this.refusals()]
  }

  /** What the server refuses although the connection is there. */
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

  /** Resolves when no reading and no change of subscriptions is under way. */
  async idle(): Promise<void> {
    if (this.push instanceof PubSub) await this.push.idle()
    await this.hashes?.idle()
  }

  /** A last value must not come before older entries of a stream that are yet to be read. */
  private pull(instruments: readonly InstrumentId[]): void {
    if (this.push instanceof Stream && !this.push.isCaughtUp) return
    this.hashes?.look(instruments)
  }

  /** Where the streams have been read to; undefined without any. */
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
  parts: { readonly connection: RedisConnection; readonly intake: Intake },
): PubSub | Stream {
  if (config.push !== 'stream') {
    return new PubSub({ ...parts, channel: new RedisName(config.channel) })
  }
  const { commandTimeoutMs, replayMs, replayEntries } = config
  return new Stream({
    ...parts,
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
