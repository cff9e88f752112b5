import type { NoticeFacts } from '../observability/metrics/facts.ts'
import type { Channel } from '../observability/notify/channel.ts'
import { HealthNews, type NewsTroubles } from '../observability/notify/health-news.ts'
import { JournalMessages } from '../observability/notify/journal-messages.ts'
import { KeptRow, rowIn } from '../observability/notify/kept-row.ts'
import { minutesOf } from '../observability/notify/options.ts'
import { Pace } from '../observability/notify/pace.ts'
import { channelsOf } from '../observability/notify/registry.ts'
import { readSecret } from '../observability/notify/secret.ts'
import { chatsOf } from '../observability/notify/telegram.ts'
import type { Control } from '../ports/control.ts'
import type { HealthSnapshot } from '../ports/control/health.ts'
import { BotApi } from '../telegram/bot-api.ts'
import { Bot, type BotOptions } from '../telegram/bot.ts'
import { keptBot, type KeptBot } from '../telegram/kept-bot.ts'
import type { ServiceParts } from './build.ts'
import type { TrustedOptions } from './options.ts'
import { pluginChannels } from './plugins.ts'

interface MessagingParts {
  readonly channels: readonly Channel[]
  readonly news: HealthNews
  readonly messages: JournalMessages
  unguardedMs(): number
  readonly bots: readonly Omit<BotOptions, 'control'>[]
}

/** Everything that persons are sent: health, events, and answers to their commands. */
export class Messaging {
  private readonly parts: MessagingParts
  private bots: readonly Bot[] = []

  /** Reads what an earlier process left behind; from then on no journal line is missed. */
  static async open(
    { config, clock }: Pick<TrustedOptions, 'config' | 'clock'>,
    {
      store,
      own: system,
      lines,
      accounts,
    }: Pick<ServiceParts, 'store' | 'own' | 'lines' | 'accounts'>,
  ): Promise<Messaging> {
    const { notify, display, instruments } = config
    const channels = channelsOf(notify.channels, pluginChannels)
    const monotonic = (): number => clock.monotonic()
    const paces = new Map(
      channels.map(({ name, spacingMs }) => [name, new Pace({ spacingMs, monotonic })]),
    )
    const paceOf = ({ name }: Channel): Pace => paces.get(name)!
    const messages = await JournalMessages.open(
      {
        channels,
        service: notify.service,
        maxPending: notify.maxPending,
        settleMs: notify.settleMs,
        approachPct: notify.approachPct,
        summaryMinutes: notify.summaryAt === undefined ? undefined : minutesOf(notify.summaryAt),
        timezone: display.timezone,
        instruments,
        clock,
        paceOf,
      },
      { store, system },
    )
    lines.onLine = seq => messages.wake(seq)
    const isAway = (channel: Channel): boolean => messages.isAway(channel.name)
    const news = await HealthNews.open(
      { config, clock, channels, paceOf, isAway },
      { store, system },
    )
    const bots = await botsOf(
      { config, clock, names: channels.map(({ name }) => name) },
      { store, system },
    )
    return new Messaging({
      bots,
      channels,
      news,
      messages,
      unguardedMs: () => accounts.reduce((sum, each) => sum + each.system.coverage.totalMs, 0),
    })
  }

  private constructor(parts: MessagingParts) {
    this.parts = parts
  }

  /** The service runs and takes requests. */
  begin(control: Control): void {
    const { messages, unguardedMs } = this.parts
    messages.begin({ control, unguardedMs })
    this.bots = this.parts.bots.map(options => new Bot({ ...options, control }))
    for (const bot of this.bots) bot.start()
  }

  /** Takes the health of a cycle; the cycle does not wait for what follows from it. */
  observe(snapshot: HealthSnapshot): void {
    this.parts.news.observe(snapshot)
    this.parts.messages.observe(snapshot)
  }

  get counts(): NoticeFacts {
    const { news, messages } = this.parts
    const commands = this.bots.map(({ name, counts }) => ({ channel: name, counts }))
    return { ...news.counts, channels: messages.counts, commands }
  }

  /** A channel that takes neither health nor messages is one trouble. */
  get troubles(): NewsTroubles {
    const { news, messages } = this.parts
    const { undelivered, crashLoop } = news.troubles
    const ours = this.parts.channels.filter(({ name }) => messages.isAway(name))
    const isOurs = (what: string): boolean => ours.some(({ name }) => what.startsWith(`${name}: `))
    return {
      undelivered: [...messages.troubles, ...undelivered.filter(({ what }) => !isOurs(what))],
      commands: this.bots.flatMap(({ name, trouble }) =>
        trouble === undefined ? [] : [{ what: `${name}: ${trouble.why}`, forMs: trouble.forMs }],
      ),
      crashLoop,
    }
  }

  /** Gives what waits a last moment; the next process sends the rest. */
  async stop({ hasFailed = false } = {}): Promise<void> {
    const { news, messages } = this.parts
    await Promise.all(this.bots.map(bot => bot.stop()))
    await Promise.all([news.stop({ hasFailed }), messages.stop()])
  }
}

/** The bots that take commands, with what an earlier process has left of each. */
async function botsOf(
  {
    config,
    clock,
    names,
  }: Pick<TrustedOptions, 'config' | 'clock'> & { readonly names: readonly string[] },
  { store, system }: Pick<ServiceParts, 'store'> & { readonly system: ServiceParts['own'] },
): Promise<MessagingParts['bots']> {
  const bots: Omit<BotOptions, 'control'>[] = []
  for (const [index, options] of config.notify.channels.entries()) {
    if (options.kind !== 'telegram' || options.users.length === 0) continue
    const { token, tokenFile, url, users, acts } = options
    const name = names[index]!
    const row = `telegram ${name}`
    const past = keptBot.safeParse(await rowIn(store, row)).data
    bots.push({
      name,
      users,
      chats: chatsOf(options),
      acts,
      timezone: config.display.timezone,
      api: new BotApi({
        url,
        token: () => readSecret({ value: token, file: tokenFile, what: 'token' }),
      }),
      kept: new KeptRow<KeptBot>(store, row, past ?? { questions: [] }),
      note: (kind, detail) => system.note(kind, detail),
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
    })
  }
  return bots
}
