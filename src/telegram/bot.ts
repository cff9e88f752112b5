import type { KeptRow } from '../observability/notify/kept-row.ts'
import { given } from '../observability/notify/pace.ts'
import type { Control } from '../ports/control.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { ActLevel } from './acts.ts'
import type { BotApi } from './bot-api.ts'
import { readCommand, type Command } from './command.ts'
import type { KeptBot } from './kept-bot.ts'
import { Poller } from './poller.ts'
import { Questions } from './questions.ts'
import { HELP, positionsText, statusText, whyText } from './replies.ts'
import { readUpdate, type AllowList, type Incoming } from './update.ts'

export interface BotOptions extends AllowList {
  /** Name of its channel. */
  readonly name: string
  readonly acts: ActLevel
  readonly timezone: string
  readonly api: Pick<BotApi, 'call'>
  readonly control: Control
  readonly kept: KeptRow<KeptBot>
  /** Time that Telegram holds an empty answer back, s. */
  readonly pollSeconds?: number
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  /** Epoch ms. */
  now(): number
  /** Monotonic, ms. */
  monotonic(): number
}

const POLL_SECONDS = 25
const CALL_MS = 10_000
const SENDS = 3
/** Longest pause that an answer waits for, ms. */
const LONGEST_PAUSE_MS = 10_000
/** Users outside of the lists that are journaled in an hour; further ones are counted alone. */
const MOST_FOREIGN = 20
const HOUR_MS = 3_600_000

/** Answers commands of persons in a chat, and acts for them after a confirmation. */
export class Bot {
  /** Updates so far, by what became of them. */
  readonly counts = { answered: 0, acted: 0, refused: 0, ignored: 0 }
  private readonly options: BotOptions
  private readonly poller: Poller
  private readonly questions: Questions
  private readonly stopped = new AbortController()
  private botName: string | undefined
  private readonly foreign = new Map<string, number>()

  constructor(options: BotOptions) {
    this.options = options
    const { api, kept, now, monotonic, pollSeconds = POLL_SECONDS, name, note } = options
    this.questions = new Questions(options, this.counts)
    this.poller = new Poller({
      api,
      pollSeconds,
      last: () => kept.value.last,
      take: (update, id) => this.take(update, id),
      now,
      monotonic,
      onTrouble: why => {
        if (why === undefined) note('commands-recovered', { channel: name })
        else note('commands-failed', { channel: name, why })
      },
    })
  }

  get name(): string {
    return this.options.name
  }

  start(): void {
    this.poller.start()
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    await this.poller.stop()
  }

  /** Why it takes no commands, and for how long (ms). */
  get trouble(): { readonly why: string; readonly forMs: number } | undefined {
    const { trouble } = this.poller
    if (trouble === undefined) return undefined
    return { why: trouble.why, forMs: this.options.monotonic() - trouble.since }
  }

  /** Takes one update; it counts as taken only once what it asked for is done. */
  private async take(update: unknown, id: number): Promise<void> {
    const { kept, now, note, name } = this.options
    const incoming = readUpdate(update, this.options)
    try {
      await this.answer(incoming)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      note('isolated-fault', { what: `a command of ${name}`, error: text })
      await this.reply(
        incoming,
        'The service failed at this: check with /status what was done. Its journal has the error.',
      )
    }
    await kept.keep({ last: { id, at: now() }, questions: this.questions.left() })
  }

  private async answer(incoming: Incoming): Promise<void> {
    switch (incoming.kind) {
      case 'ignored':
        this.counts.ignored++
        return
      case 'foreign':
        this.refuse(incoming)
        return
      case 'button':
        await this.press(incoming)
        return
      case 'text':
        if (incoming.text.includes('@')) await this.learnName()
        await this.command(readCommand(incoming.text, this.botName), incoming)
    }
  }

  private async command(
    command: Command,
    from: Extract<Incoming, { kind: 'text' }>,
  ): Promise<void> {
    const { control, timezone } = this.options
    switch (command.kind) {
      case 'none':
        this.counts.ignored++
        return
      case 'help':
        return this.reply(from, HELP)
      case 'unknown':
        return this.reply(from, command.why)
      case 'status':
        return this.reply(from, await statusText(control, timezone))
      case 'positions':
        return this.reply(from, positionsText(control))
      case 'why': {
        const why = control.why(command.id)
        const text =
          why === undefined ? `No open position is named ${command.id}.` : whyText(why, timezone)
        return this.reply(from, text)
      }
      case 'wish': {
        const { text, nonce } = await this.questions.ask(command.wish, from)
        return this.reply(from, text, nonce)
      }
      case 'confirm':
        return this.reply(from, await this.questions.confirm(command.nonce, from))
      case 'cancel':
        return this.reply(from, this.questions.cancel(command.nonce, from))
    }
  }

  private async press(from: Extract<Incoming, { kind: 'button' }>): Promise<void> {
    const [, what, nonce = ''] = /^(do|no):([A-Z0-9]+)$/.exec(from.data) ?? []
    const text =
      what === 'do' ? await this.questions.confirm(nonce, from) : this.questions.cancel(nonce, from)
    await this.call('answerCallbackQuery', { callback_query_id: from.queryId })
    await this.reply(from, text)
  }

  /** No answer: a stranger learns nothing of the bot. */
  private refuse({ user, chat }: Extract<Incoming, { kind: 'foreign' }>): void {
    const { monotonic, note, name } = this.options
    this.counts.refused++
    const now = monotonic()
    for (const [key, at] of this.foreign) if (now - at >= HOUR_MS) this.foreign.delete(key)
    const key = `${user} ${chat}`
    if (this.foreign.has(key) || this.foreign.size >= MOST_FOREIGN) return
    this.foreign.set(key, now)
    note('command-refused', { channel: name, user: `telegram:${user}`, chat })
  }

  private async reply(to: Incoming, text: string, nonce?: string): Promise<void> {
    if (to.kind === 'ignored' || to.kind === 'foreign') return
    this.counts.answered++
    await this.call('sendMessage', {
      chat_id: to.chat,
      text,
      link_preview_options: { is_disabled: true },
      ...(nonce !== undefined && { reply_markup: buttonsOf(nonce) }),
    })
  }

  /** Calls a method, a few times where the Bot API asks for a pause or does not answer. */
  private async call(method: string, params: object): Promise<unknown> {
    const { api } = this.options
    const { signal: stopped } = this.stopped
    for (let tried = 1; tried <= SENDS && !stopped.aborted; tried++) {
      const result = await api.call(method, params, { timeoutMs: CALL_MS, stopped })
      if (result.kind === 'ok') return result.result
      if (result.kind === 'conflict') return undefined
      const pauseMs = result.kind === 'wait' ? result.retryAfterMs : 1_000
      if (pauseMs > LONGEST_PAUSE_MS) return undefined
      if (tried < SENDS) await given(pauseMs, stopped)
    }
    return undefined
  }

  /** In a group a command can name the bot that it is for. */
  private async learnName(): Promise<void> {
    if (this.botName !== undefined) return
    const { username } = Object(await this.call('getMe', {})) as { username?: unknown }
    if (typeof username === 'string') this.botName = username
  }
}

const buttonsOf = (nonce: string): object => ({
  inline_keyboard: [
    [
      { text: 'Do it', callback_data: `do:${nonce}` },
      { text: 'Cancel', callback_data: `no:${nonce}` },
    ],
  ],
})
