import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { WatchkeeperError } from '../errors.ts'
import { accountList, type AccountView } from '../ports/control/accounts.ts'
import type { Answer } from '../ports/control/answer.ts'
import {
  killSwitchView,
  type KillSwitchRequest,
  type KillSwitchView,
} from '../ports/control/kill-switch.ts'
import { portfolioView, type PortfolioView } from '../ports/control/portfolio.ts'
import {
  addedView,
  changedView,
  positionPage,
  positionView,
  rulesPreview,
  type AddedView,
  type ChangedView,
  type PositionView,
  type RulesPreview,
} from '../ports/control/positions.ts'
import { whyView, type WhyView } from '../ports/control/why.ts'
import { journalPage, type JournalLine } from '../ports/journal-lines.ts'
import { exitsPage, type TradeView } from '../ports/trades.ts'
import { journalStream, type StreamOptions } from './journal-stream.ts'
import {
  pathWith,
  positionPath,
  type ExitsFilter,
  type JournalFilter,
  type PositionInput,
  type PositionsFilter,
  type Repeat,
  type RulesFlags,
  type RulesInput,
} from './requests.ts'
import { ServiceClient, type ChangeOptions, type ClientOptions } from './service-client.ts'

/** How a POST is repeated whose outcome is unknown. */
export interface RepeatOptions {
  /** Most repetitions of one POST; each has the same key, so that the service acts once; default 2. */
  readonly repeats?: number
  /** Delay before the first repetition, ms; it doubles; default 250. */
  readonly repeatMs?: number
}

/** An older service sends neither `warnings` nor `changes`. */
const added = addedView.partial({ warnings: true })
const changed = changedView.partial({ changes: true, warnings: true })

/** Kinds of journal lines that end an exit. */
const EXIT_ENDS = new Set(['exit-filled', 'exit-closed', 'released-order-over', 'exit-late-fill'])

/**
 * Client of a running service: one method for each request, typed by the schemas that check the answers. A POST
 * whose outcome is unknown (TOO_SLOW, NO_ANSWER) is repeated with its idempotency key.
 *
 * @throws WatchkeeperError NO_SERVICE (no program listens there), NO_ANSWER, TOO_SLOW, NOT_WATCHKEEPER;
 * ServiceRefusal with the code of the service; InputError with its faults.
 *
 * @example
 * ```ts
 * import { startWatchkeeper } from 'watchkeeper'
 * import { WatchkeeperClient } from 'watchkeeper/client'
 *
 * const service = await startWatchkeeper({
 *   config: { dataFolder: `/tmp/client-${process.pid}`, http: { port: 0 }, feed: { kind: 'simulated', seed: 7 } },
 * })
 * const client = new WatchkeeperClient({ url: service.url })
 * const { stop } = await client.guard({
 *   id: 'btc-1',
 *   instrument: 'BTCUSD',
 *   side: 'long',
 *   quantity: 1,
 *   entryPrice: 92_400,
 *   rules: { stopLoss: { pct: 5 } },
 * })
 * stop // => 87780
 * await service.stop()
 * ```
 */
export class WatchkeeperClient extends ServiceClient {
  private readonly given: ClientOptions & Required<RepeatOptions>

  constructor({ repeats = 2, repeatMs = 250, ...options }: ClientOptions & RepeatOptions) {
    super(options)
    this.given = { ...options, repeats, repeatMs }
  }

  /** A client of one account of the same service, by the name that `accounts` lists. */
  ofAccount(account: string): WatchkeeperClient {
    return new WatchkeeperClient({ ...this.given, account })
  }

  /** The accounts of the service; one that the configuration does not name is `main`. */
  accounts(): Promise<readonly AccountView[]> {
    return this.get('/api/accounts', accountList)
  }

  /** Guards a position; it is durable, and guarded, when the promise resolves. The same content again changes nothing. */
  async guard(position: PositionInput, repeat: Repeat = {}): Promise<AddedView> {
    const view = await this.post('/api/positions', { shape: added, body: position, ...repeat })
    return { ...view, warnings: view.warnings ?? [] }
  }

  /** Every guarded position, in the order of ids, page by page. */
  async positions(filter: PositionsFilter = {}): Promise<readonly PositionView[]> {
    const found: PositionView[] = []
    let after: string | undefined
    do {
      const page: Answer<typeof positionPage> = await this.get(
        pathWith('/api/positions', { ...filter, after }),
        positionPage,
      )
      found.push(...page.positions)
      after = page.next ?? undefined
    } while (after !== undefined)
    return found
  }

  /** An open position. Throws ServiceRefusal POSITION_UNKNOWN. */
  position(id: string): Promise<PositionView> {
    return this.get(positionPath(id), positionView)
  }

  /** What each rule of a position would do, and why. Throws ServiceRefusal POSITION_UNKNOWN. */
  why(id: string): Promise<WhyView> {
    return this.get(`${positionPath(id)}/why`, whyView)
  }

  /**
   * Changes rules of a position: rules that are not named stay as they are, null takes a rule away, the name of a
   * rule set replaces all. Without `force` a change that loosens is refused as a whole (LOOSENS). Throws
   * ServiceRefusal EXIT_RUNNING while the position is being exited.
   */
  async changeRules(id: string, rules: RulesInput, flags: RulesFlags = {}): Promise<ChangedView> {
    const body = { rules, ...flags }
    const view = await this.change('PATCH', positionPath(id), { shape: changed, body })
    return { ...view, changes: view.changes ?? [], warnings: view.warnings ?? [] }
  }

  /**
   * Sets quantity and entry price of a position, which keeps its best price; needs the role `operate`. Throws
   * ServiceRefusal EXIT_RUNNING while it is being exited; LOOSENS and EXITS_AT_ONCE without the flags.
   */
  async amend(
    id: string,
    facts: { readonly quantity?: number; readonly entryPrice?: number },
    flags: RulesFlags = {},
  ): Promise<ChangedView> {
    const body = { ...facts, ...flags }
    const view = await this.change('PATCH', positionPath(id), { shape: changed, body })
    return { ...view, changes: view.changes ?? [], warnings: view.warnings ?? [] }
  }

  /** What the same change would do; nothing is changed. */
  preview(
    id: string,
    rules: RulesInput,
    flags: Pick<RulesFlags, 'exitNow'> = {},
  ): Promise<RulesPreview> {
    const body = { rules, ...flags }
    return this.change('POST', `${positionPath(id)}/rules/preview`, { shape: rulesPreview, body })
  }

  /** Exits a position at market; resolves when the intent is durable. Throws ServiceRefusal POSITION_UNKNOWN. */
  exit(id: string, repeat: Repeat = {}): Promise<PositionView> {
    return this.post(`${positionPath(id)}/exit`, { shape: positionView, ...repeat })
  }

  /** Stops guarding a position; the holding at the broker stays. Throws ServiceRefusal POSITION_UNKNOWN. */
  release(id: string): Promise<void> {
    return this.remove(positionPath(id))
  }

  /** One page of completed exits, the last one first; `next` is the `before` of the next page. */
  exits(
    filter: ExitsFilter = {},
  ): Promise<{ readonly exits: readonly TradeView[]; readonly next: number | null }> {
    return this.get(pathWith('/api/exits', filter), exitsPage)
  }

  /** The kill switch, and the ids of positions whose exits it holds. */
  killSwitch(): Promise<KillSwitchView> {
    return this.get('/api/kill-switch', killSwitchView)
  }

  /** Moves the kill switch; leaving `halt` while it holds exits needs `held`. */
  setKillSwitch(request: KillSwitchRequest, repeat: Repeat = {}): Promise<KillSwitchView> {
    return this.post('/api/kill-switch', { shape: killSwitchView, body: request, ...repeat })
  }

  /** Profits and losses of the trading day, in money, and the state of each limit. */
  portfolio(): Promise<PortfolioView> {
    return this.get('/api/portfolio', portfolioView)
  }

  /** One page of journal lines, oldest first. */
  journal(filter: JournalFilter = {}): Promise<readonly JournalLine[]> {
    return this.get(pathWith('/api/journal', filter), journalPage)
  }

  /** Journal lines as they come, endlessly; see `StreamOptions`. Keep `seq` of the last line as the cursor. */
  journalStream(options: StreamOptions = {}): AsyncGenerator<JournalLine, void> {
    return journalStream(this, options)
  }

  /** Exits as they end, endlessly. Keep `seq` of the last one as `after` to resume, in another process too. */
  async *exitStream(options: StreamOptions = {}): AsyncGenerator<TradeView, void> {
    for await (const { kind, seq } of this.journalStream(options)) {
      if (!EXIT_ENDS.has(kind)) continue
      const { exits } = await this.exits({ before: seq + 1, limit: 1 })
      // A line of a position that was not known any more has no exit: the page has an earlier one.
      if (exits[0]?.seq === seq) yield exits[0]
    }
  }

  /** Sends a POST once as far as the service is concerned, and repeats it while its outcome is unknown. */
  private async post<Schema extends z.ZodType>(
    path: string,
    { key: given, ...options }: ChangeOptions<Schema>,
  ): Promise<Answer<Schema>> {
    const { repeats, repeatMs } = this.given
    const key = given ?? (repeats > 0 ? randomUUID() : undefined)
    for (let repeated = 0; ; repeated++) {
      try {
        return await this.change('POST', path, { ...options, ...(key !== undefined && { key }) })
      } catch (error) {
        if (repeated >= repeats || !isUnknown(error)) throw error
        await delay(repeatMs * 2 ** repeated)
      }
    }
  }
}

/** Whether the service may have carried out the request; KEY_RUNNING: it is doing so. */
const isUnknown = (error: unknown): boolean =>
  error instanceof WatchkeeperError && ['NO_ANSWER', 'TOO_SLOW', 'KEY_RUNNING'].includes(error.code)
