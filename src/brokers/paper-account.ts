import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, RootDatabase } from 'lmdb'
import { commit } from '../disk/commit.ts'
import { shownPath } from '../disk/folder.ts'
import { Footing, type Lost } from '../disk/footing.ts'
import { Room } from '../disk/room.ts'
import { isFull } from '../disk/space.ts'
import { difference, sum } from '../domain/decimal.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'
import { signOf, type Position, type Side } from '../domain/position.ts'
import { viewOf, type Tick } from '../domain/tick.ts'
import { AccountUnusable, NotSent, OutcomeUnknown, WatchkeeperError } from '../errors.ts'
import type {
  Broker,
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  LivedOrder,
  OrderState,
  OrderUpdate,
} from '../ports/broker.ts'
import type { Quotes } from '../ports/quotes.ts'
import { PAPER_CAPABILITIES } from './paper-capabilities.ts'
import { openPaperRoot } from './paper-folder.ts'

export interface PaperAccountOptions {
  /** Folder of the account's own lmdb environment; created where it is missing. */
  readonly folder: string
  readonly quotes: Quotes
  /** Delay between a durable fill and its answer, ms; default 0. */
  readonly delayMs?: number
  /** Fraction of new orders that are rejected, 0 to 1; default 0. */
  readonly rejectRate?: number
  /** Fraction of orders that are executed but answered with `OutcomeUnknown`, 0 to 1; default 0. */
  readonly timeoutRate?: number
  /** Seed that decides which calls the two rates hit; default 0. */
  readonly seed?: number
  /** Deletes the account that the folder holds, and starts with an empty one. */
  readonly fresh?: boolean
  /** Epoch ms. */
  readonly now?: () => number
}

/** What the account stores for an order that it has accepted. */
type OrderRecord =
  | { readonly kind: 'working'; readonly order: ExitOrder; readonly at: number }
  | { readonly kind: 'filled'; readonly fill: Fill; readonly at: number }
  /** Its side held less than the order asked for: that much was filled, the rest was cancelled. */
  | { readonly kind: 'cut'; readonly fill: Fill; readonly at: number }
  | { readonly kind: 'cancelled'; readonly at: number }

type Leg = [instrument: InstrumentId, side: Side]

/** What was deposited for one generation of a position; earlier releases stored only its time. */
type Deposit =
  number | (Pick<Position, 'instrument' | 'side' | 'quantity'> & { readonly at: number })

const SCHEMA_VERSION = 1
const SIDES: readonly Side[] = ['long', 'short']
/** Upper bound of the rows that one order or deposit writes. */
const ROWS_A_CALL = 2

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
  readonly capabilities = PAPER_CAPABILITIES
  /**
   * While true, the venue is unreachable: no order is sent and every question is answered
   * `unknown`.
   */
  outage = false

  private readonly root: RootDatabase<unknown, string>
  private readonly room: Room
  private readonly footing: Footing
  private readonly orders: Database<OrderRecord, ClientOrderId>
  /** Quantity of each side, > 0; a flat side has no row. */
  private readonly held: Database<number, Leg>
  private readonly deposits: Database<Deposit, [position: PositionId, generation: number]>
  private readonly options: PaperAccountOptions
  private readonly now: () => number
  private readonly chance: () => number
  private readonly working = new Map<InstrumentId, Set<ClientOrderId>>()
  private readonly listeners: ((update: OrderUpdate) => void)[] = []
  private readonly calls = new Set<Promise<unknown>>()

  constructor(root: RootDatabase<unknown, string>, options: PaperAccountOptions) {
    this.root = root
    this.room = new Room(options.folder)
    this.footing = new Footing(options.folder)
    this.room.hold()
    this.options = options
    this.now = options.now ?? Date.now
    this.chance = chance(options.seed ?? 0)
    this.checkVersion()
    this.orders = root.openDB({ name: 'orders' })
    this.held = root.openDB({ name: 'holdings' })
    this.deposits = root.openDB({ name: 'deposits' })
    for (const { key, value } of this.orders.getRange()) {
      if (value.kind === 'working') this.waitsFor(value.order.instrument).add(key)
    }
  }

  /**
   * Deposits a position into the account, once per id and generation however often it is called.
   * Returns whether this call made the deposit.
   */
  deposit(position: Position, generation = 1): Promise<boolean> {
    const { id, instrument, side, quantity } = position
    return this.commit(() => {
      if (this.deposits.get([id, generation]) !== undefined) return false
      void this.deposits.put([id, generation], { instrument, side, quantity, at: this.now() })
      this.hold([instrument, side], sum(this.quantity([instrument, side]), quantity))
      return true
    })
  }

  /** Takes a deposit back whose position was not registered after all. */
  withdraw(
    position: Pick<Position, 'id' | 'instrument' | 'side' | 'quantity'>,
    generation = 1,
  ): Promise<void> {
    const { id, instrument, side, quantity } = position
    return this.commit(() => {
      if (this.deposits.get([id, generation]) === undefined) return
      void this.deposits.remove([id, generation])
      const held = this.quantity([instrument, side])
      this.hold([instrument, side], Math.max(0, difference(held, quantity)))
    })
  }

  /**
   * Takes back every deposit for a generation of a position that `isKnown` denies: the process died
   * before the position was durable. Quantity that an order has sold since stays sold. Returns the
   * number of deposits taken back.
   */
  async withdrawUnknown(isKnown: (id: PositionId, generation: number) => boolean): Promise<number> {
    const unknown = [...this.deposits.getRange()].flatMap(({ key: [id, generation], value }) => {
      if (isKnown(id, generation) || typeof value === 'number' || this.hasSold(id, value.at))
        return []
      return [{ position: { ...value, id }, generation }]
    })
    for (const { position, generation } of unknown) await this.withdraw(position, generation)
    return unknown.length
  }

  private hasSold(id: PositionId, since: number): boolean {
    return [...this.orders.getRange()].some(
      ({ value }) => 'fill' in value && value.fill.positionId === id && value.at >= since,
    )
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    if (signal.aborted) throw new NotSent('the exit was given up before it was sent')
    this.assertReachable()
    const [isRefused, isLost] = this.faults()
    const answer = await this.commit(() => this.accept(order, isRefused))
    const isWorking = answer.kind === 'acknowledged' && answer.order?.kind === 'working'
    if (isWorking) this.waitsFor(order.instrument).add(order.clientOrderId)
    await this.pause(signal)
    if (isLost) throw new OutcomeUnknown('the paper account did not answer in time')
    return answer
  }

  /** Whether its folder was deleted or replaced while it is in use, and which of the two. */
  get lost(): Lost | undefined {
    return this.footing.lost()
  }

  streamOrders(listener: (update: OrderUpdate) => void): void {
    this.listeners.push(listener)
  }

  /** Fills the orders that wait for a price of the instrument; call it after each of its ticks. */
  priced(instrument: InstrumentId): Promise<void> | undefined {
    const waiting = this.working.get(instrument)
    return waiting === undefined ? undefined : this.fillAll(instrument, waiting)
  }

  private async fillAll(instrument: InstrumentId, waiting: Set<ClientOrderId>): Promise<void> {
    this.working.delete(instrument)
    for (const id of waiting) {
      const record = await this.commit(() => this.fillWorking(id)).catch((error: unknown) => {
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
    return [...this.held.getRange()].map(({ key: [instrument, side], value }) => {
      return { instrument, side, quantity: signOf(side) * value, ageMs: 0 }
    })
  }

  async holding({ instrument, side }: HoldingKey): Promise<HoldingReport> {
    if (this.outage || this.lost !== undefined) return { kind: 'unknown' }
    const sides = side === undefined ? SIDES : [side]
    const legs = sides.map(leg => signOf(leg) * this.quantity([instrument, leg]))
    if (legs.every(leg => leg === 0)) return { kind: 'flat', ageMs: 0 }
    return { kind: 'held', quantity: legs.reduce(sum), ageMs: 0 }
  }

  async orderByClientId(id: ClientOrderId): Promise<OrderState> {
    return this.outage || this.lost !== undefined ? { kind: 'unknown' } : this.report(id)
  }

  async cancel(id: ClientOrderId): Promise<OrderState> {
    this.assertReachable()
    return this.commit(() => {
      if (this.orders.get(id)?.kind === 'working')
        this.record(id, { kind: 'cancelled', at: this.now() })
      return this.report(id)
    })
  }

  /** Returns no prices: the service values positions with those of the feed. */
  async quotes(): Promise<readonly Tick[]> {
    return []
  }

  /** Every fill since the account was created. */
  fills(): Fill[] {
    const records = [...this.orders.getRange()].map(({ value }) => value)
    return records.flatMap(record => ('fill' in record ? [record.fill] : []))
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.calls)
    await this.root.close()
  }

  /** Accepts or rejects an order. Runs inside a transaction. */
  private accept(order: ExitOrder, isRefused: boolean): ExitAnswer {
    const known = this.orders.get(order.clientOrderId)
    if (known !== undefined) return answerOf(known)
    if (isRefused) return { kind: 'rejected', code: 'refused' }
    if (this.quantity([order.instrument, order.side]) === 0)
      return { kind: 'rejected', code: 'insufficient-quantity' }
    return answerOf(this.execute(order))
  }

  /** Fills an order that works, unless it has ended meanwhile. Runs inside a transaction. */
  private fillWorking(id: ClientOrderId): OrderRecord | undefined {
    const record = this.orders.get(id)
    return record?.kind === 'working' ? this.execute(record.order) : undefined
  }

  /** Executes an order as far as possible now, and stores it. Runs inside a transaction. */
  private execute(order: ExitOrder): OrderRecord {
    const { clientOrderId, positionId, instrument, side, priceSource } = order
    const at = this.now()
    const price = this.options.quotes.price(instrument, viewOf(side, priceSource))
    if (price === undefined) return this.record(clientOrderId, { kind: 'working', order, at })
    const held = this.quantity([instrument, side])
    // A reduce-only order ends when another exit has already closed its side.
    if (held === 0) return this.record(clientOrderId, { kind: 'cancelled', at })
    const quantity = Math.min(order.quantity, held)
    const fill = { clientOrderId, positionId, quantity, price }
    const kind = quantity === order.quantity ? 'filled' : 'cut'
    const record = this.record(clientOrderId, { kind, fill, at })
    this.hold([instrument, side], difference(held, quantity))
    return record
  }

  private report(id: ClientOrderId): OrderState {
    const record = this.orders.get(id)
    return record === undefined ? { kind: 'absent' } : orderOf(record)
  }

  private record(id: ClientOrderId, record: OrderRecord): OrderRecord {
    void this.orders.put(id, record)
    return record
  }

  private quantity(key: Leg): number {
    return this.held.get(key) ?? 0
  }

  private hold(key: Leg, quantity: number): void {
    void (quantity > 0 ? this.held.put(key, quantity) : this.held.remove(key))
  }

  private waitsFor(instrument: InstrumentId): Set<ClientOrderId> {
    const known = this.working.get(instrument)
    if (known !== undefined) return known
    const waiting = new Set<ClientOrderId>()
    this.working.set(instrument, waiting)
    return waiting
  }

  /**
   * Runs `act` as one transaction, which is on disk when the promise resolves. A transaction that
   * finds no room has changed nothing; after any other failure the outcome is unknown.
   */
  private async commit<T>(act: () => T): Promise<T> {
    this.assertThere()
    if (!this.room.admits(ROWS_A_CALL, true)) throw full()
    const call = commit(this.root, act)
    this.calls.add(call)
    try {
      const result = await call
      if (this.footing.check() !== undefined) throw new Error('its folder is not there any more')
      return result
    } catch (cause) {
      if (!isFull(cause)) {
        throw new OutcomeUnknown('the paper account could not be written', { cause })
      }
      this.room.failed()
      throw full(cause)
    } finally {
      this.calls.delete(call)
    }
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

  private assertReachable(): void {
    if (this.outage) throw new NotSent('the paper account is out of reach')
    this.assertThere()
  }

  private assertThere(): void {
    const lost = this.footing.check()
    if (lost === undefined) return
    throw new NotSent(`the folder of the paper account was ${lost} while it is in use`)
  }

  private checkVersion(): void {
    const version: unknown = this.root.get('schema-version')
    if (version === undefined) this.root.putSync('schema-version', SCHEMA_VERSION)
    else if (version !== SCHEMA_VERSION)
      throw new AccountUnusable(
        `the paper account in ${this.options.folder} has schema version ${JSON.stringify(version)}, ` +
          `this release knows ${SCHEMA_VERSION}`,
      )
  }
}

const full = (cause?: unknown): NotSent =>
  new NotSent('the paper account could not be written: there is no room left on its disk', {
    cause,
  })

const answerOf = (record: OrderRecord): ExitAnswer => ({
  kind: 'acknowledged',
  order: orderOf(record),
})

function orderOf(record: OrderRecord): LivedOrder {
  switch (record.kind) {
    case 'working':
      return { kind: 'working', executed: NOTHING }
    case 'cancelled':
      return { kind: 'ended', executed: NOTHING }
    case 'filled':
    case 'cut': {
      const { quantity, price } = record.fill
      const kind = record.kind === 'filled' ? 'filled' : 'ended'
      return { kind, executed: { quantity, price } }
    }
  }
}

const NOTHING = { quantity: 0, price: null } as const

/** Pseudorandom numbers ≥ 0 and < 1 that depend only on the seed. */
function chance(seed: number): () => number {
  let count = 0
  return () => {
    const digest = createHash('sha256').update(`${seed}:${count++}`).digest()
    return digest.readUInt32BE() / 2 ** 32
  }
}
