import type { InstrumentId } from '../../domain/ids.ts'
import type { RedisConnection } from '../../redis/connection.ts'
import { redisError, type RedisError } from '../../redis/errors.ts'
import type { Intake } from './intake.ts'
import { parseMessage } from './message.ts'
import type { RedisName } from './name.ts'

export interface PubSubDeps {
  /** A connection of its own: no other code subscribes on it. */
  readonly connection: RedisConnection
  readonly channel: RedisName
  readonly intake: Intake
}

/** Most channels in one command. */
const CHANNELS_AT_ONCE = 1_000

/** Published prices: subscribes to the channels of held instruments, and to no others. */
export class PubSub {
  /** Error of the last subscription; undefined after a success. */
  trouble: RedisError | undefined
  private readonly deps: PubSubDeps
  /** Channels that the present connection has subscribed to, and their instruments. */
  private subscribed = new Map<string, InstrumentId | undefined>()
  private wanted: ReadonlySet<string> = new Set()
  private changing: Promise<void> | undefined
  private isChangeDue = false

  constructor(deps: PubSubDeps) {
    const { connection, intake } = deps
    this.deps = deps
    connection.client.on('message', (channel: string, text: string) => {
      intake.pushed('pubsub', parseMessage(text, this.subscribed.get(channel)), { text })
    })
    connection.onUp(() => {
      // A new connection has no subscriptions.
      this.subscribed = new Map()
      this.change()
    })
  }

  /** Subscribes to the missing channels of these instruments, and unsubscribes from all others. */
  follow(instruments: Iterable<InstrumentId>): void {
    this.wanted = this.deps.channel.all(instruments)
    this.change()
  }

  /** Resolves when no change of subscriptions is running. */
  async idle(): Promise<void> {
    await this.changing
  }

  private change(): void {
    if (!this.deps.connection.isUp) return
    if (this.changing !== undefined) {
      this.isChangeDue = true
      return
    }
    this.isChangeDue = false
    this.changing = this.subscribeAll()
      .then(
        () => (this.trouble = undefined),
        // The next cycle or connection tries again.
        (error: unknown) => (this.trouble = redisError(error)),
      )
      .then(() => {
        this.changing = undefined
        if (this.isChangeDue) this.change()
      })
  }

  private async subscribeAll(): Promise<void> {
    const { connection, channel } = this.deps
    const { subscribed, wanted } = this
    const missing = [...wanted].filter(name => !subscribed.has(name))
    for (const some of chunks(missing, CHANNELS_AT_ONCE)) {
      // Register the channel first: its first message may arrive with the answer.
      for (const name of some) subscribed.set(name, channel.instrumentOf(name))
      try {
        await connection.run(client => client.subscribe(...some))
      } catch (error) {
        for (const name of some) subscribed.delete(name)
        throw error
      }
    }
    const surplus = [...subscribed.keys()].filter(name => !wanted.has(name))
    for (const some of chunks(surplus, CHANNELS_AT_ONCE)) {
      await connection.run(client => client.unsubscribe(...some))
      for (const name of some) subscribed.delete(name)
    }
  }
}

function* chunks<Item>(items: readonly Item[], size: number): Iterable<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
