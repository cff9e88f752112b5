import { accountsOf, feedsOf } from '../config/accounts.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { foreignIn, instrumentAt } from '../domain/feed-instrument.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import type { Meters } from '../observability/meters.ts'
import type { Clock } from '../ports/clock.ts'
import type { FeedReader } from './feed-reader.ts'
import { sourceOf, type Source } from './feed-source.ts'
import { SharedSource } from './shared-source.ts'
import type { SourceClock } from './source-clock.ts'

export interface FeedsDeps {
  readonly config: ServiceConfig
  readonly clock: Clock
  readonly performance: Meters
  /** Writes a journal line about a feed that several accounts read. */
  readonly note: FeedReader['note']
}

/**
 * Whether accounts share a feed: of a stream of Redis each has a place of its own, and quotes of a broker are its
 * account's.
 */
export function isSharedFeed(feed: ServiceConfig['feed'] | undefined): boolean {
  const isPlaced = feed?.kind === 'redis' && feed.redis?.push === 'stream'
  return !isPlaced && feed?.kind !== 'poll' && feed?.kind !== 'broker'
}

/** The sources of one account. */
export interface JoinedSources {
  /** Its feed; undefined: prices are polled from its broker alone. */
  readonly own: Source | undefined
  /** The other feeds that its underlyings may be read from. */
  readonly foreign: readonly Source[]
}

/** One account as a reader of feeds. */
export interface AccountReader extends FeedReader {
  /** Name of its feed. */
  readonly feed: string
  /** Its broker, for a feed that is the broker's. */
  readonly broker: ServiceConfig['broker']
  /** The clock of that broker. */
  readonly brokerClock: SourceClock
}

/**
 * The feeds of a process. One that several accounts read is opened once for all of them, except a stream of Redis:
 * each account has a place of its own in it. An underlying of another feed is known as `feed:instrument`.
 */
export class Feeds {
  private readonly deps: FeedsDeps
  private readonly configs: ReadonlyMap<string, ServiceConfig['feed']>
  /** Accounts by the feed that they name. */
  private readonly accounts: ReadonlyMap<string, number>
  private readonly shared = new Map<string, SharedSource>()

  constructor(deps: FeedsDeps) {
    this.deps = deps
    this.configs = feedsOf(deps.config)
    const accounts = new Map<string, number>()
    for (const { feed } of accountsOf(deps.config).all) {
      accounts.set(feed, (accounts.get(feed) ?? 0) + 1)
    }
    this.accounts = accounts
  }

  /** Name and instrument where a name is that of another feed's instrument. */
  foreign(instrument: InstrumentId, own: string) {
    return foreignIn(instrument, name => name !== own && this.configs.has(name))
  }

  /** The feed of an account, and those that underlyings of it are read from. */
  join(account: AccountReader): JoinedSources {
    const { feed } = account
    const others = [...this.configs.keys()].filter(name => name !== feed)
    const foreign = others.flatMap(name => {
      const source = this.sharedOf(name)
      return source === undefined ? [] : [source.join(foreignReader(account, name), 'when-held')]
    })
    const reader = this.ownReader(account)
    const isAlone = this.configs.size === 1 && (this.accounts.get(feed) ?? 0) <= 1
    const own =
      isAlone || !isSharedFeed(this.configs.get(feed))
        ? this.open(feed, reader, account)
        : this.sharedOf(feed)?.join(reader, 'at-once')
    return { own, foreign }
  }

  /** The account as a reader of its own feed. */
  private ownReader(account: AccountReader): FeedReader {
    const isOwn = (name: InstrumentId): boolean => this.foreign(name, account.feed) === undefined
    return {
      way: account.way,
      onTick: tick => account.onTick(tick),
      onMissed: tick => account.onMissed(tick),
      *held() {
        for (const name of account.held()) if (isOwn(name)) yield name
      },
      note: (kind, detail) => account.note(kind, detail),
      ...(account.checkpoint && { checkpoint: account.checkpoint }),
    }
  }

  /** Undefined for quotes of a broker: only its own account can ask for them. */
  private sharedOf(name: string): SharedSource | undefined {
    const kind = this.configs.get(name)?.kind
    if (kind === 'poll' || kind === 'broker') return undefined
    let shared = this.shared.get(name)
    if (shared === undefined) {
      shared = new SharedSource(reader => this.open(name, reader)!, this.deps.note)
      this.shared.set(name, shared)
    }
    return shared
  }

  private open(
    name: string,
    reader: FeedReader,
    of: Partial<Pick<AccountReader, 'broker' | 'brokerClock'>> = {},
  ): Source | undefined {
    const { config, clock, performance } = this.deps
    const { health } = config
    const own = { feed: this.configs.get(name)!, health }
    const { broker, brokerClock } = of
    return sourceOf({ config: own, broker, brokerClock, clock, performance, reader })
  }
}

/** An account as a reader of another feed, whose instruments it knows by feed and name. */
function foreignReader(account: AccountReader, feed: string): FeedReader {
  const renamed = (tick: Tick): Tick => {
    return { ...tick, instrument: instrumentAt(feed, tick.instrument) }
  }
  return {
    way: account.way,
    note: (kind, detail) => account.note(kind, detail),
    onTick: tick => account.onTick(renamed(tick)),
    onMissed: tick => account.onMissed(renamed(tick)),
    *held() {
      for (const instrument of account.held()) {
        const found = foreignIn(instrument, name => name === feed)
        if (found !== undefined) yield found.instrument
      }
    },
  }
}
