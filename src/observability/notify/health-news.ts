import type { Clock } from '../../ports/clock.ts'
import type { HealthSnapshot } from '../../ports/control/health.ts'
import type { JournalKind } from '../../ports/journal-kinds.ts'
import type { Store } from '../../ports/store.ts'
import type { Trouble } from '../checks.ts'
import type { NoticeFacts } from '../metrics/facts.ts'
import type { Channel } from './channel.ts'
import { Heartbeat, type HeartbeatOptions } from './heartbeat.ts'
import { LOOP_CRASHES, NewsMemory, rememberedNews, type NewsPast } from './news-memory.ts'
import { Notifier, type NotifierOptions } from './notifier.ts'
import type { Pace } from './pace.ts'
import type { HealthOf } from './scope.ts'

/** The channels, and how often they receive messages. */
export interface NotifySettings extends Pick<
  NotifierOptions,
  'service' | 'settleMs' | 'maxSettleMs' | 'maxPerHour'
> {
  readonly heartbeat?: Pick<HeartbeatOptions, 'url' | 'everyMs'> | undefined
}

export interface NewsOptions {
  readonly config: {
    readonly notify: NotifySettings
    readonly display?: { readonly timezone: string }
  }
  readonly clock: Clock
  readonly channels: readonly Channel[]
  paceOf(channel: Channel): Pace
  /** Whether other messages of a channel do not arrive. */
  isAway(channel: Channel): boolean
}

/** Where the state of messages is stored, and who journals failed deliveries. */
export interface NewsDeps {
  readonly store: Pick<Store, 'rows' | 'write'>
  readonly lines: { note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void }
}

/** Checks of health about the messages themselves. */
export interface NewsTroubles {
  readonly undelivered: readonly Trouble[]
  /** Channels whose commands cannot be read. */
  readonly commands?: readonly Trouble[]
  /** Ends without order that make a loop of starts; undefined: none. */
  readonly crashLoop: string | undefined
}

/** Sends changes of health to people, and a heartbeat while the service runs. */
export class HealthNews {
  private readonly notifier: Notifier
  private readonly heartbeat: Heartbeat | undefined
  private readonly memory: NewsMemory | undefined
  private readonly crashes: readonly number[]
  private readonly withinMs: number
  private readonly now: () => number

  /** Reads the state of an earlier process; without a channel nothing is stored. */
  static async open(options: NewsOptions, { store, lines }: NewsDeps): Promise<HealthNews> {
    const { maxSettleMs } = options.config.notify
    if (options.channels.length === 0) return new HealthNews(options, lines, {})
    const past = await rememberedNews(store, options.clock.now(), maxSettleMs)
    const memory = new NewsMemory(store, past)
    await memory.begin()
    return new HealthNews(options, lines, { past, memory })
  }

  private constructor(
    { config: { notify, display }, clock, channels, paceOf, isAway }: NewsOptions,
    lines: NewsDeps['lines'],
    { past = NO_PAST, memory }: { readonly past?: NewsPast; readonly memory?: NewsMemory },
  ) {
    const onFailure = (to: string, why: string): void => lines.note('notify-failed', { to, why })
    const { heartbeat, service, settleMs, maxSettleMs, maxPerHour } = notify
    const monotonic = (): number => clock.monotonic()
    this.memory = memory
    this.crashes = past.crashes
    this.withinMs = maxSettleMs
    this.now = () => clock.now()
    this.notifier = new Notifier({
      service,
      timezone: display?.timezone ?? 'UTC',
      settleMs,
      maxSettleMs,
      maxPerHour,
      channels,
      paceOf,
      isAway,
      past: past.notifier,
      keep: kept => memory?.keep(kept) ?? Promise.resolve(),
      monotonic,
      onFailure,
      onRecovery: to => lines.note('notify-recovered', { to }),
    })
    if (heartbeat === undefined) return
    this.heartbeat = new Heartbeat({
      url: heartbeat.url,
      everyMs: heartbeat.everyMs,
      monotonic,
      onFailure: why => onFailure('heartbeat', why),
    })
  }

  /** Takes the health of a cycle, and what gives that of some accounts; the cycle does not wait for the messages. */
  observe(snapshot: HealthSnapshot, of: HealthOf): void {
    this.notifier.observe(snapshot, of)
    this.heartbeat?.observe(snapshot.status)
  }

  /** What was sent so far. */
  get counts(): Omit<NoticeFacts, 'channels' | 'commands'> {
    const { counts, waiting } = this.notifier
    return { ...counts, waiting, ...(this.heartbeat?.counts ?? { beats: 0, missedBeats: 0 }) }
  }

  get troubles(): NewsTroubles {
    const recent = this.crashes.filter(at => this.now() - at < this.withinMs)
    const minutes = Math.round(this.withinMs / 60_000)
    const text = `${recent.length} starts in ${minutes} minutes followed an end without order`
    return {
      undelivered: this.notifier.troubles,
      crashLoop: recent.length >= LOOP_CRASHES ? text : undefined,
    }
  }

  /** Abandons undelivered messages: the next process sends the state that it finds. */
  async stop({ hasFailed = false } = {}): Promise<void> {
    await Promise.all([this.notifier.stop(), this.heartbeat?.stop()])
    if (!hasFailed) await this.memory?.end()
  }
}

const NO_PAST: NewsPast = { notifier: undefined, crashes: [] }
