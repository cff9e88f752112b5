import { setTimeout as sleep } from 'node:timers/promises'
import { shownPath } from '../disk/folder.ts'
import type { Lost } from '../disk/footing.ts'
import { isFull } from '../disk/space.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { Tick } from '../domain/tick.ts'
import { AccountUnusable, NotSent, OutcomeUnknown, WatchkeeperError } from '../errors.ts'
import type {
  Broker,
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OrderState,
  OrderUpdate,
} from '../ports/broker.ts'
import { PaperBook, type DepositedPosition } from './paper-book.ts'
import { PAPER_ACCOUNT_CAPABILITIES, SAME_CLOCK } from './paper-capabilities.ts'
import { PaperCommits } from './paper-commits.ts'
import { openPaperRoot, type PaperRoot } from './paper-folder.ts'
import { chance, type PaperAccountOptions } from './paper-options.ts'
import { orderOf } from './paper-records.ts'
import { RestingStops } from './paper-stops.ts'

export type { PaperAccountOptions } from './paper-options.ts'

/**
 * Opens or creates a simulated account whose orders, fills and holdings are stored on disk.
 *
 * @throws AccountUnusable where the folder cannot hold an account; WatchkeeperError ACCOUNT_FULL
 * where the disk has no room.
 */
export function openPaperAccount(options: PaperAccountOptions): PaperAccount {
  const { folder, fresh = false } = options
  try {
    return new PaperAccount(openPaperRoot(folder, fresh), options)
  } catch (cause) {
    if (cause instanceof AccountUnusable) throw cause
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
    const text = `cannot open the paper account in ${shownPath(folder)}: ${shownPath(reason)}`
    if (isFull(cause)) throw new WatchkeeperError('ACCOUNT_FULL', text, { cause })
    throw new AccountUnusable(text, { cause })
  }
}

/**
 * A simulated venue with an account on disk. It executes an order, makes that durable and only then
 * answers, so that a crash can fall in between. Longs and shorts of an instrument are held side by
 * side. Every exit is reduce-only: it fills at most what its side holds, in one fill, at the price
 * that values the position. Before the first price of its instrument an order works.
 */
export class PaperAccount implements Broker {
  readonly capabilities = PAPER_ACCOUNT_CAPABILITIES
  readonly time = () => Promise.resolve(SAME_CLOCK)
  /**
   * While true, the venue is unreachable: no order is sent and every question is answered
   * `unknown`.
   */
  outage = false

  private readonly book: PaperBook
  private readonly commits: PaperCommits
  private readonly options: PaperAccountOptions
  private readonly chance: () => number
  private readonly working = new Map<InstrumentId, Set<ClientOrderId>>()
  private readonly stops = new RestingStops()
  private readonly listeners: ((update: OrderUpdate) => void)[] = []

  constructor(root: PaperRoot, options: PaperAccountOptions) {
    const { folder, quotes, seed = 0, now = Date.now } = options
    this.commits = new PaperCommits(root, folder)
    this.options = options
    this.chance = chance(seed)
    this.book = new PaperBook(root, { folder, quotes, now })
    for (const order of this.book.working())
      this.waitsFor(order.instrument).add(order.clientOrderId)
    for (const order of this.book.stops()) this.stops.set(order)
  }

  /**
   * Deposits a position into the account, once per id and generation however often it is called.
   * Returns whether this call made the deposit.
   */
  deposit(position: Position, generation = 1): Promise<boolean> {
    return this.commits.run(() => this.book.deposit(position, generation))
  }

  /** Puts `more` units of a deposited position into the account. */
  grow(position: DepositedPosition, generation: number, more: number): Promise<void> {
    return this.commits.run(() => this.book.grow(position, generation, more))
  }

  /** Takes a deposit back whose position was not registered after all. */
  withdraw(position: DepositedPosition, generation = 1): Promise<void> {
    return this.commits.run(() => this.book.withdraw(position, generation))
  }

  /**
   * Takes back every deposit for a generation of a position that `isKnown` denies: the process died
   * before the position was durable. Quantity that an order has sold since stays sold. Returns the
   * number of deposits taken back.
   */
  async withdrawUnknown(isKnown: (id: PositionId, generation: number) => boolean): Promise<number> {
    const unknown = this.book.unknownDeposits(isKnown)
    for (const { position, generation } of unknown) await this.withdraw(position, generation)
    return unknown.length
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    if (signal.aborted) throw new NotSent('the exit was given up before it was sent')
    this.assertReachable()
    const [isRefused, isLost] = this.faults()
    const answer = await this.commits.run(() => this.book.accept(order, isRefused))
    const isWorking = answer.kind === 'acknowledged' && answer.order?.kind === 'working'
    if (isWorking) this.waitsFor(order.instrument).add(order.clientOrderId)
    await this.pause(signal)
    if (isLost) throw new OutcomeUnknown('the paper account did not answer in time')
    return answer
  }

  async placeStop(order: StopOrder, signal: AbortSignal): Promise<ExitAnswer> {
    if (signal.aborted) throw new NotSent('the stop was given up before it was sent')
    this.assertReachable()
    const answer = await this.commits.run(() => this.book.acceptStop(order))
    if (this.book.resting(order.clientOrderId) !== undefined) this.stops.set(order)
    await this.pause(signal)
    return answer
  }

  async amendStop(order: StopOrder): Promise<OrderState> {
    this.assertReachable()
    const amended = await this.commits.run(() => this.book.amendStop(order))
    if (amended !== undefined) this.stops.set(amended)
    return this.book.report(order.clientOrderId)
  }

  /** Whether its folder was deleted or replaced while it is in use, and which of the two. */
  get lost(): Lost | undefined {
    return this.commits.lost
  }

  streamOrders(listener: (update: OrderUpdate) => void): void {
    this.listeners.push(listener)
  }

  /** Fills the orders that wait for a price of the instrument; call it after each of its ticks. */
  priced(instrument: InstrumentId): Promise<void> | undefined {
    const waiting = this.working.get(instrument)
    const due = this.stops.due(instrument, order => this.book.priceOf(order))
    if (waiting === undefined && due.length === 0) return undefined
    return this.fillAll(instrument, waiting ?? new Set()).then(() => this.fire(due))
  }

  /** Executes the stops that the last price triggers. */
  private async fire(due: readonly ClientOrderId[]): Promise<void> {
    for (const id of due) {
      const record = await this.commits.run(() => this.book.fireStop(id))
      this.stops.delete(id)
      if (record === undefined) continue
      const update = { clientOrderId: id, order: orderOf(record) }
      for (const listener of this.listeners) listener(update)
    }
  }

  private async fillAll(instrument: InstrumentId, waiting: Set<ClientOrderId>): Promise<void> {
    this.working.delete(instrument)
    for (const id of waiting) {
      const filled = this.commits.run(() => this.book.fillWorking(id))
      const record = await filled.catch((error: unknown) => {
        for (const left of waiting) this.waitsFor(instrument).add(left)
        throw error
      })
      if (record?.kind === 'working') this.waitsFor(instrument).add(id)
      if (record === undefined || record.kind === 'working') continue
      const update = { clientOrderId: id, order: orderOf(record) }
      for (const listener of this.listeners) listener(update)
    }
  }

  async holdings(): Promise<readonly Holding[]> {
    this.assertReachable()
    return this.book.holdings()
  }

  async holding(key: HoldingKey): Promise<HoldingReport> {
    return this.isAway ? { kind: 'unknown' } : this.book.holding(key)
  }

  async orderByClientId(id: ClientOrderId): Promise<OrderState> {
    return this.isAway ? { kind: 'unknown' } : this.book.report(id)
  }

  async cancel(id: ClientOrderId): Promise<OrderState> {
    this.assertReachable()
    const state = await this.commits.run(() => this.book.cancel(id))
    this.stops.delete(id)
    return state
  }

  /** Returns no prices: the service values positions with those of the feed. */
  async quotes(): Promise<readonly Tick[]> {
    return []
  }

  /** Every fill since the account was created. */
  fills(): Fill[] {
    return this.book.fills()
  }

  close(): Promise<void> {
    return this.commits.close()
  }

  private waitsFor(instrument: InstrumentId): Set<ClientOrderId> {
    const known = this.working.get(instrument)
    if (known !== undefined) return known
    const waiting = new Set<ClientOrderId>()
    this.working.set(instrument, waiting)
    return waiting
  }

  private async pause(signal: AbortSignal): Promise<void> {
    const { delayMs = 0 } = this.options
    if (delayMs === 0) return
    try {
      await sleep(delayMs, undefined, { signal })
    } catch (cause) {
      throw new OutcomeUnknown('the exit was given up before its answer came', { cause })
    }
  }

  /** Whether this call is rejected, and whether its answer is lost. */
  private faults(): [isRefused: boolean, isLost: boolean] {
    const { rejectRate = 0, timeoutRate = 0 } = this.options
    return [this.chance() < rejectRate, this.chance() < timeoutRate]
  }

  private get isAway(): boolean {
    return this.outage || this.lost !== undefined
  }

  private assertReachable(): void {
    if (this.outage) throw new NotSent('the paper account is out of reach')
    this.commits.assertThere()
  }
}
