import type { InstrumentId } from '../../domain/ids.ts'
import type { RedisConnection } from '../../redis/connection.ts'
import { redisError, type RedisError } from '../../redis/errors.ts'
import type { Intake } from './intake.ts'
import { parseMessage } from './message.ts'
import type { RedisName } from './name.ts'

export interface PubSubParts {
  /** Of its own: nobody else subscribes there. */
  readonly connection: RedisConnection
  readonly channel: RedisName
  readonly intake: Intake
}

/** Most channels that one command names. */
const CHANNELS_AT_ONCE = 1_000

/** Prices that are published: subscribed to are the channels of what is held, and no others. */
export class PubSub {
  /** Why a subscription was refused; undefined while all is well. */
  trouble: RedisError | undefined
  private readonly parts: PubSubParts
  /** Channels that the present connection has subscribed to, and whose prices they are. */
  private subscribed = new Map<string, InstrumentId | undefined>()
  private wanted: ReadonlySet<string> = new Set()
  private changing: Promise<void> | undefined
  private isChangeDue = false

  constructor(parts: PubSubParts) {
    const { connection, intake } = parts
    this.parts = parts
    connection.client.on('message', (channel: string, text: string) => {
      intake.pushed('pubsub', parseMessage(text, this.subscribed.get(channel)), { text })
    })
    connection.onUp(() => {
      // A new connection has no subscriptions.
      this.subscribed = new Map()
      this.change()
    })
  }

  /** Subscribes to what these instruments need and is missing, and gives up what they do not. */
  follow(instruments: Iterable<InstrumentId>): void {
    this.wanted = this.parts.channel.all(instruments)
    this.change()
  }

  /** Resolves when no change of subscriptions is under way. */
  async idle(): Promise<void> {
    await this.changing
  }

  private change(): void {
    if (!this.parts.connection.isUp) return
    if (this.changing !== undefined) {
      this.isChangeDue = true
      return
    }
    this.isChangeDue = false
    this.changing = this.subscribeAll()
      .then(
        () => (this.trouble = undefined),
        // It is tried again in the next cycle, or on the next connection.
        (error: unknown) => (this.trouble = redisError(error)),
      )
      .then(() => {
        this.changing = undefined
        if (this.isChangeDue) this.change()
      })
  }

  private async subscribeAll(): Promise<void> {
    const { connection, channel } = this.parts
    const { subscribed, wanted } = this
    const missing = [...wanted].filter(name => !subscribed.has(name))
    for (const some of chunks(missing, CHANNELS_AT_ONCE)) {
      // Known before it is subscribed: the first message may come with the answer.
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
