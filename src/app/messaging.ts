import type { NoticeFacts } from '../observability/metrics/facts.ts'
import type { Channel } from '../observability/notify/channel.ts'
import { HealthNews, type NewsTroubles } from '../observability/notify/health-news.ts'
import {
  JournalMessages,
  WATCH_ROW,
  type MessagesAccount,
} from '../observability/notify/journal-messages.ts'
import { KeptRow, rowIn } from '../observability/notify/kept-row.ts'
import { minutesOf } from '../observability/notify/options.ts'
import { Pace } from '../observability/notify/pace.ts'
import { channelsOf } from '../observability/notify/registry.ts'
import type { HealthOf } from '../observability/notify/scope.ts'
import { readSecret } from '../observability/notify/secret.ts'
import { chatsOf } from '../observability/notify/telegram.ts'
import type { Control } from '../ports/control.ts'
import type { HealthSnapshot } from '../ports/control/health.ts'
import { accountKey } from '../stores/account-rows.ts'
import { BotApi } from '../telegram/bot-api.ts'
import { Bot, type BotOptions } from '../telegram/bot.ts'
import { keptBot, type KeptBot } from '../telegram/kept-bot.ts'
import type { ServiceParts } from './build.ts'
import type { GuardedAccount } from './guarded-account.ts'
import type { TrustedOptions } from './options.ts'
import { pluginChannels } from './plugins.ts'

interface MessagingParts {
  readonly channels: readonly Channel[]
  readonly news: HealthNews
  readonly messages: JournalMessages
  readonly bots: readonly OwnBot[]
}

/** A bot, and the accounts that its channel is about; undefined: every account. */
interface OwnBot {
  readonly options: Omit<BotOptions, 'control'>
  readonly accounts: ReadonlySet<string> | undefined
}

/** The controls that bots use, once the service runs. */
export interface MessagingControls {
  /** One account. */
  of(account: string): Control
  /** These accounts at once; undefined: all. */
  among(accounts: ReadonlySet<string> | undefined): Control
}

/** All messages to people: changes of health, events, and answers to commands of bots. */
export class Messaging {
  private readonly parts: MessagingParts
  private bots: readonly Bot[] = []

  /** Reads what an earlier process left behind; from then on no journal line is missed. */
  static async open(
    { config, clock }: Pick<TrustedOptions, 'config' | 'clock'>,
    {
      store,
      rows,
      own,
      lines,
      accounts,
      plans,
    }: Pick<ServiceParts, 'store' | 'rows' | 'own' | 'lines' | 'accounts' | 'plans'>,
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
        areNamed: plans.areNamed,
        maxPending: notify.maxPending,
        settleMs: notify.settleMs,
        approachPct: notify.approachPct,
        summaryMinutes: notify.summaryAt === undefined ? undefined : minutesOf(notify.summaryAt),
        timezone: display.timezone,
        instruments,
        clock,
        paceOf,
      },
      {
        store,
        journal: query => rows.journal(query),
        lines: own,
        accounts: await watched(accounts, store),
      },
    )
    lines.onLine = seq => messages.wake(seq)
    const isAway = (channel: Channel): boolean => messages.isAway(channel.name)
    const news = await HealthNews.open(
      { config, clock, channels, paceOf, isAway },
      { store, lines: own },
    )
    const bots = await botsOf({ config, clock, channels }, { store, own })
    return new Messaging({ bots, channels, news, messages })
  }

  private constructor(parts: MessagingParts) {
    this.parts = parts
  }

  /** The service runs and takes requests. */
  begin({ of, among }: MessagingControls): void {
    this.parts.messages.begin(of)
    this.bots = this.parts.bots.map(
      ({ options, accounts }) => new Bot({ ...options, control: among(accounts) }),
    )
    for (const bot of this.bots) bot.start()
  }

  /** Takes the health of an account after its cycle. */
  observeAccount(name: string, snapshot: HealthSnapshot): void {
    this.parts.messages.observeAccount(name, snapshot)
  }

  /**
   * Takes the health of the process once every account had its cycle, and what gives that of some accounts; no cycle
   * waits for what follows from it.
   */
  observe(snapshot: HealthSnapshot, of: HealthOf = () => snapshot): void {
    this.parts.news.observe(snapshot, of)
    this.parts.messages.observe()
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
    channels,
  }: Pick<TrustedOptions, 'config' | 'clock'> & { readonly channels: readonly Channel[] },
  { store, own: processLines }: Pick<ServiceParts, 'store' | 'own'>,
): Promise<MessagingParts['bots']> {
  const bots: OwnBot[] = []
  for (const [index, options] of config.notify.channels.entries()) {
    if (options.kind !== 'telegram' || options.users.length === 0) continue
    const { token, tokenFile, url, users, acts } = options
    const { name, accounts } = channels[index]!
    const row = `telegram ${name}`
    const past = keptBot.safeParse(await rowIn(store, row)).data
    const own: OwnBot['options'] = {
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
      note: (kind, detail) => processLines.note(kind, detail),
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
    }
    bots.push({ options: own, accounts })
  }
  return bots
}

/** The accounts as messages are found in them; the rows of all of them are read at once. */
async function watched(
  accounts: readonly GuardedAccount[],
  store: Pick<ServiceParts['store'], 'rows'>,
): Promise<readonly MessagesAccount[]> {
  const rows = await store.rows<unknown>('settings')
  return accounts.map(each => watchedAccount(each, rows.get(accountKey(each.name, WATCH_ROW))))
}

const watchedAccount = (
  { name, deps, account }: GuardedAccount,
  past: unknown,
): MessagesAccount => ({
  name,
  past,
  store: deps.rows,
  note: (kind, detail) => account.note(kind, detail),
  record: (kind, detail) => account.record(kind, detail),
  unguardedMs: () => account.coverage.totalMs,
})
