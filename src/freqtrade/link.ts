import { z } from 'zod'
import { accountParts } from '../domain/account-name.ts'
import type { Trouble } from '../observability/checks.ts'
import type { KeptRow } from '../observability/notify/kept-row.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { ApiResult, FreqtradeApi } from './api.ts'

/** What outlives the process: the last line of the journal that was read, and the trades to be reloaded. */
export const keptLink = z.object({
  cursor: z.int().nonnegative(),
  trades: z.array(z.string()),
})

export type KeptLink = z.infer<typeof keptLink>

export interface LinkDeps {
  /** Name of the hook: its positions are `<hook>-<trade>`. */
  readonly hook: string
  /** Account of its positions, where the configuration names accounts. */
  readonly account: string | undefined
  readonly api: Pick<FreqtradeApi, 'reload' | 'keepsStops'>
  readonly kept: KeptRow<KeptLink>
  journal(query: JournalQuery): Promise<readonly JournalLine[]>
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  monotonic(): number
}

/** Whether freqtrade keeps stops of its own on the exchange. */
export type OwnStops = 'yes' | 'no' | 'unknown'

/** Kinds of journal lines after which the account holds less by an order of ours. */
const SOLD = new Set(['exit-filled', 'exit-late-fill', 'net-filled', 'released-order-over'])
const PAGE_LINES = 500
/** Most trades that wait to be reloaded. */
const MOST_TRADES = 1_000
/** Calls that freqtrade refuses until a trade is given up. */
const MOST_REFUSALS = 10
/** Delay after a failed call, ms; it doubles. */
const FIRST_DELAY_MS = 2_000
const LONGEST_DELAY_MS = 60_000
/** Time between two reads of the configuration of freqtrade, ms. */
const ASK_MS = 60_000

/**
 * What a freqtrade bot must learn of watchkeeper, and watchkeeper of it. After an exit of ours the trade is reloaded,
 * otherwise freqtrade goes on managing what the account no longer holds. Driven by the monitoring cycle; durable, so
 * that a restart forgets no trade.
 */
export class FreqtradeLink {
  ownStops: OwnStops = 'unknown'
  private readonly deps: LinkDeps
  private readonly stopped = new AbortController()
  private working: Promise<void> | undefined
  private refusals = new Map<string, number>()
  private failures = 0
  private callAt = -Infinity
  private askAt = -Infinity
  /** Since when the API does not answer, monotonic ms, and why. */
  private away: { readonly since: number; readonly why: string } | undefined

  constructor(deps: LinkDeps) {
    this.deps = deps
  }

  get hook(): string {
    return this.deps.hook
  }

  /** Once a monitoring cycle, which does not wait for what it begins. */
  cycle(): void {
    if (this.stopped.signal.aborted) return
    // What it throws is a read of the store that failed: the next cycle reads again.
    this.working ??= this.work()
      .catch(() => undefined)
      .finally(() => (this.working = undefined))
  }

  async stop(): Promise<void> {
    this.stopped.abort()
    await this.working
  }

  /** For health. */
  troubles(): readonly Trouble[] {
    const { hook } = this.deps
    const { length } = this.deps.kept.value.trades
    const waiting = length === 0 ? '' : `, ${length} trades wait to be reloaded`
    return [
      ...(this.away === undefined
        ? []
        : [
            {
              what: `${hook}: the API of freqtrade: ${this.away.why}${waiting}`,
              forMs: this.deps.monotonic() - this.away.since,
            },
          ]),
      ...(this.ownStops === 'yes'
        ? [{ what: `${hook}: freqtrade keeps stops on the exchange: entries are refused` }]
        : []),
    ]
  }

  private async work(): Promise<void> {
    await this.readJournal()
    const now = this.deps.monotonic()
    if (now < this.callAt) return
    if (now >= this.askAt) await this.askForStops()
    else await this.reloadNext()
  }

  private async readJournal(): Promise<void> {
    const { kept, journal } = this.deps
    const { cursor, trades } = kept.value
    const lines = await journal({ after: cursor, limit: PAGE_LINES })
    const last = lines.at(-1)
    if (last === undefined) return
    const found = lines.flatMap(line => this.tradeIn(line) ?? [])
    const all = [...new Set([...trades, ...found])]
    for (const trade of all.splice(0, Math.max(0, all.length - MOST_TRADES))) {
      this.gaveUp(trade, `more than ${MOST_TRADES} trades wait`)
    }
    await kept.keep({ cursor: last.seq, trades: all })
  }

  /** The trade whose position a line is about. */
  private tradeIn({ kind, positionId, account }: JournalLine): string | undefined {
    const { hook, account: own } = this.deps
    if (!SOLD.has(kind) || positionId?.startsWith(`${hook}-`) !== true) return undefined
    if (own !== undefined && accountParts(String(account)).name !== own) return undefined
    return positionId.slice(hook.length + 1)
  }

  private async askForStops(): Promise<void> {
    const result = await this.deps.api.keepsStops(this.stopped.signal)
    this.called(result)
    this.askAt = this.deps.monotonic() + (result.kind === 'away' ? 0 : ASK_MS)
    this.ownStops = result.kind !== 'ok' ? 'unknown' : result.value ? 'yes' : 'no'
  }

  private async reloadNext(): Promise<void> {
    const { kept, api, note, hook } = this.deps
    const [trade] = kept.value.trades
    if (trade === undefined) return
    const result = await api.reload(trade, this.stopped.signal)
    if (this.stopped.signal.aborted) return
    this.called(result)
    switch (result.kind) {
      case 'away':
        return
      case 'ok':
        note('freqtrade-reloaded', { hook, trade })
        await this.over(trade)
        return
      case 'refused': {
        const times = (this.refusals.get(trade) ?? 0) + 1
        this.refusals.set(trade, times)
        if (times < MOST_REFUSALS) return this.later(trade)
        this.gaveUp(trade, result.why)
        await this.over(trade)
      }
    }
  }

  /** Counts what a call says of the API: one that does not answer is asked more and more seldom. */
  private called({ kind, ...rest }: ApiResult<unknown>): void {
    const now = this.deps.monotonic()
    if (kind === 'away') {
      const { why } = rest as { readonly why: string }
      this.away = { since: this.away?.since ?? now, why }
    } else this.away = undefined
    this.failures = kind === 'ok' ? 0 : this.failures + 1
    const delayMs = FIRST_DELAY_MS * 2 ** Math.min(this.failures - 1, 10)
    this.callAt = kind === 'ok' ? now : now + Math.min(delayMs, LONGEST_DELAY_MS)
  }

  private async over(trade: string): Promise<void> {
    this.refusals.delete(trade)
    const { kept } = this.deps
    await kept.keep({ trades: kept.value.trades.filter(each => each !== trade) })
  }

  /** Lets the other trades go first. */
  private async later(trade: string): Promise<void> {
    const { kept } = this.deps
    const others = kept.value.trades.filter(each => each !== trade)
    await kept.keep({ trades: [...others, trade] })
  }

  private gaveUp(trade: string, why: string): void {
    this.refusals.delete(trade)
    this.deps.note('freqtrade-reload-failed', { hook: this.hook, trade, why })
  }
}
