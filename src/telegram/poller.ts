import { given } from '../observability/notify/pace.ts'
import type { ApiResult, BotApi } from './bot-api.ts'
import { updateIdOf } from './update.ts'

export interface PollerOptions {
  readonly api: Pick<BotApi, 'call'>
  /** Time that Telegram holds an empty answer back, s. */
  readonly pollSeconds: number
  /** Number of the last update that was taken, and when; undefined before the first. */
  last(): { readonly id: number; readonly at: number } | undefined
  /** Takes one update; resolves when it is done and durable. */
  take(update: unknown, id: number): Promise<void>
  /** Epoch ms. */
  now(): number
  /** Monotonic, ms. */
  monotonic(): number
  /** Called when no update can be read, once until one can; and with undefined then. */
  onTrouble(why: string | undefined): void
}

/** Updates that are read at once. */
const MOST_UPDATES = 20
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** While another process polls, both would take turns at cutting each other off. */
const CONFLICT_PAUSE_MS = 30_000
/** Telegram may number updates anew after a week without one ("Update.update_id"). */
const NUMBERED_MS = 6 * 86_400_000
const KINDS = ['message', 'callback_query']

/** Asks the Bot API for updates by long polling, and hands them on one by one, each once. */
export class Poller {
  /** Why no update can be read, and since when (monotonic ms). */
  trouble: { readonly since: number; readonly why: string } | undefined
  private readonly options: PollerOptions
  private readonly stopped = new AbortController()
  private running: Promise<void> | undefined
  private failures = 0

  constructor(options: PollerOptions) {
    this.options = options
  }

  start(): void {
    this.running ??= this.run()
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped
    while (!signal.aborted) {
      const offset = this.offset()
      const result = await this.ask(offset)
      if (signal.aborted) return
      if (result.kind === 'ok') await this.takeAll(result.result, offset)
      await given(this.pauseAfter(result), signal)
    }
  }

  private ask(offset: number | undefined): Promise<ApiResult> {
    const { api, pollSeconds } = this.options
    const params = {
      timeout: pollSeconds,
      limit: MOST_UPDATES,
      allowed_updates: KINDS,
      ...(offset !== undefined && { offset }),
    }
    const timeoutMs = pollSeconds * 1_000 + 10_000
    return api.call('getUpdates', params, { timeoutMs, stopped: this.stopped.signal })
  }

  /** The first update that was not taken; what has lower numbers is confirmed by it. */
  private offset(): number | undefined {
    const last = this.options.last()
    if (last === undefined || this.options.now() - last.at > NUMBERED_MS) return undefined
    return last.id + 1
  }

  private async takeAll(result: unknown, offset = -Infinity): Promise<void> {
    const updates = Array.isArray(result) ? (result as readonly unknown[]) : []
    const before = this.options.last()?.id
    for (const update of updates) {
      const id = updateIdOf(update)
      if (id === undefined || id < offset || id === before) continue
      if (this.stopped.signal.aborted) return
      await this.options.take(update, id)
    }
  }

  /** How long nothing is asked, ms. */
  private pauseAfter(result: ApiResult): number {
    switch (result.kind) {
      case 'ok':
        this.failures = 0
        if (this.trouble !== undefined) this.options.onTrouble(undefined)
        this.trouble = undefined
        return 0
      case 'wait':
        this.failed(`it asks for a pause of ${Math.round(result.retryAfterMs / 1_000)} s`)
        return result.retryAfterMs
      case 'conflict':
        this.failed(result.why)
        return CONFLICT_PAUSE_MS
      case 'failed':
        this.failed(result.why)
        return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.failures - 1, 10), LONGEST_PAUSE_MS)
    }
  }

  private failed(why: string): void {
    this.failures++
    const since = this.trouble?.since ?? this.options.monotonic()
    if (this.trouble === undefined) this.options.onTrouble(why)
    this.trouble = { since, why }
  }
}
