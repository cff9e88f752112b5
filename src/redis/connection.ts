import type { ChainableCommander, Redis } from 'ioredis'
import { breakerOptions } from '../resilience/breaker-options.ts'
import { closedAgain, type Breaker, type Permit } from '../resilience/breaker-state.ts'
import { acquire, breaker, isPermit, settle, type Outcome } from '../resilience/breaker.ts'
import { clientOptions } from './client-options.ts'
import { RedisError, redisError } from './errors.ts'
import { redisAddress, redisName, type RedisAddress, type RedisConfig } from './options.ts'
import { outcomeOf, type RedisOutcome } from './outcome.ts'

export interface RedisConnectionOptions {
  readonly config: RedisConfig
  /** Monotonic ms. */
  monotonic(): number
  readonly random?: () => number
  /** Called for each command: how it ended, and how long it took, ms. */
  readonly onCommand?: (outcome: RedisOutcome, ms: number) => void
  /** Called with the error when the connection is lost, with undefined each time it is up. */
  readonly onChange?: (error: RedisError | undefined) => void
}

/** Short rest of the breaker: the connection leads to one nearby server, and no venue bans it. */
const BREAKER = breakerOptions.parse({ openMs: 1_000, maxOpenMs: 10_000, halfOpenMaxMs: 5_000 })

/** Consecutive unanswered pings after which a connection counts as dead. */
const DEAD_PINGS = 2

/**
 * One connection to a Redis server that reconnects by itself. Commands go through `run`: without a
 * connection they fail immediately, with one they end within `commandTimeoutMs`. No command waits
 * in a queue for a connection, and none is sent twice.
 */
export class RedisConnection {
  /** Commands so far, by outcome. */
  readonly outcomes: Record<RedisOutcome, number> = {
    ok: 0,
    error: 0,
    timeout: 0,
    unavailable: 0,
    refused: 0,
  }
  /** Attempts to connect after the first. */
  reconnects = 0
  /** Why it is down; undefined while it is up. */
  trouble: RedisError | undefined = new RedisError('REDIS_UNAVAILABLE', 'not connected yet')
  /** The breaker as of the last command. */
  breaker: Breaker = breaker(BREAKER)
  readonly name: string
  /** The client, for subscriptions and their messages; commands go through `run`. */
  readonly client: Redis
  private readonly options: RedisConnectionOptions
  private isReportedDown = false
  private readonly upListeners = new Set<() => void>()
  private pings: NodeJS.Timeout | undefined
  private silentPings = 0
  /** When a connection to a replica was last closed, monotonic ms. */
  private replacedAt = -Infinity
  private isClosed = false

  /** Starts to connect and does not wait for it. Throws what reading the password file throws. */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    const address = redisAddress(options.config)
    const { Redis } = await import('ioredis')
    return new RedisConnection(options, address, Redis)
  }

  private constructor(
    options: RedisConnectionOptions,
    address: RedisAddress,
    Client: typeof Redis,
  ) {
    const { config, random = Math.random } = options
    this.options = options
    this.name = redisName(address)
    this.client = new Client(
      clientOptions(
        { config, address, random },
        {
          onRetry: () => void this.reconnects++,
          replaces: cause => this.isOfReplica(redisError(cause)),
        },
      ),
    )
    this.client.on('ready', () => this.up())
    this.client.on('error', (cause: unknown) => this.down(redisError(cause)))
    // The close event says less than the error that caused it.
    this.client.on('close', () =>
      this.down(this.trouble ?? redisError('the connection was closed')),
    )
    // The `error` event reports this failure too.
    this.client.connect().catch(() => undefined)
  }

  get isUp(): boolean {
    return this.client.status === 'ready'
  }

  /** Calls `listener` each time the connection comes up, and immediately where it is up. */
  onUp(listener: () => void): void {
    this.upListeners.add(listener)
    if (this.isUp) listener()
  }

  /** Resolves when the connection is up. Throws RedisError with the last error after `ms`. */
  async ready(ms: number): Promise<void> {
    if (this.isUp) return
    await new Promise<void>((resolve, reject) => {
      const listener = (): void => {
        clearTimeout(timer)
        this.upListeners.delete(listener)
        resolve()
      }
      const timer = setTimeout(() => {
        this.upListeners.delete(listener)
        const { code, message } = this.trouble ?? new RedisError('REDIS_UNAVAILABLE', 'no answer')
        reject(new RedisError(code, `${this.name}: ${message}`, { cause: this.trouble }))
      }, ms)
      this.upListeners.add(listener)
    })
  }

  /**
   * Sends a command and returns its answer.
   *
   * @throws RedisError, within the deadline.
   */
  async run<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer> {
    const from = this.options.monotonic()
    try {
      const answer = await this.guarded(command)
      this.count('ok', from)
      return answer
    } catch (error) {
      this.count(outcomeOf(error as RedisError), from)
      throw error
    }
  }

  /**
   * Sends several commands in one pipeline, which counts as one. The answer of a refused command is
   * a RedisError. Throws as `run` does.
   */
  pipeline(fill: (pipeline: ChainableCommander) => void): Promise<unknown[]> {
    return this.run(async client => {
      const pipeline = client.pipeline()
      fill(pipeline)
      const answers: unknown[] = []
      for (const [cause, answer] of (await pipeline.exec()) ?? []) {
        const error = cause === null ? undefined : redisError(cause)
        if (error !== undefined && outcomeOf(error) !== 'error') throw error
        answers.push(error ?? answer)
      }
      return answers
    })
  }

  /** Closes the connection; commands in flight are rejected. */
  close(): void {
    this.isClosed = true
    clearInterval(this.pings)
    this.upListeners.clear()
    this.client.disconnect()
  }

  private async guarded<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer> {
    if (!this.isUp) throw this.trouble ?? new RedisError('REDIS_UNAVAILABLE', 'not connected')
    const [next, permit] = acquire(this.breaker, this.options.monotonic())
    this.breaker = next
    if (!isPermit(permit)) {
      const inMs = Math.round(permit.retryInMs)
      throw new RedisError('REDIS_REFUSED', `no answers lately: asked again in ${inMs} ms`)
    }
    try {
      const answer = await command(this.client)
      this.settle(permit, 'success')
      return answer
    } catch (cause) {
      const error = redisError(cause)
      this.settle(permit, outcomeOf(error) === 'error' ? 'ignored' : 'failure')
      throw error
    }
  }

  /**
   * A primary that has become a replica keeps its connections: a new connection may lead to the new
   * primary. While there is none, reconnects are no more frequent than connection attempts.
   */
  private isOfReplica(error: RedisError): boolean {
    if (!/(?:^|-)(?:READONLY|MASTERDOWN)\b/.test(error.message)) return false
    const now = this.options.monotonic()
    if (now < this.replacedAt + this.options.config.reconnectMaxMs) return false
    this.replacedAt = now
    this.down(error)
    return true
  }

  private up(): void {
    if (this.isClosed) return
    // The server has just answered the handshake: that counts as a successful probe.
    if (this.breaker.kind !== 'closed') {
      const when = { at: this.options.monotonic(), cause: 'sample-good' } as const
      this.breaker = closedAgain(this.breaker, when)
    }
    this.silentPings = 0
    this.pings ??= setInterval(() => this.ping(), this.options.config.pingMs)
    this.trouble = undefined
    this.isReportedDown = false
    this.options.onChange?.(undefined)
    const listeners = [...this.upListeners]
    for (const listener of listeners) listener()
  }

  private down(error: RedisError): void {
    if (this.isClosed) return
    this.trouble = error
    if (this.isReportedDown) return
    this.isReportedDown = true
    this.options.onChange?.(error)
  }

  /** Detects a server that has vanished: its connection would otherwise appear idle. */
  private ping(): void {
    if (!this.isUp) return
    const { bytesRead } = this.client.stream
    this.guarded(client => client.ping()).then(
      () => (this.silentPings = 0),
      (error: RedisError) => {
        if (error.code !== 'REDIS_TIMEOUT' || !this.isUp) return
        // A server that still sends messages is only slow to answer.
        if (this.client.stream.bytesRead !== bytesRead) return
        this.silentPings++
        if (this.silentPings < DEAD_PINGS) return
        this.down(new RedisError('REDIS_TIMEOUT', 'the server does not answer'))
        this.client.disconnect(true)
      },
    )
  }

  private count(outcome: RedisOutcome, from: number): void {
    this.outcomes[outcome]++
    this.options.onCommand?.(outcome, this.options.monotonic() - from)
  }

  private settle(permit: Permit, outcome: Outcome): void {
    this.breaker = settle(this.breaker, permit, outcome, this.options.monotonic())
  }
}
