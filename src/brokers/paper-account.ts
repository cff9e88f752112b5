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
  /** Folder of the account's own lmdb environment; made where it is missing. */
  readonly folder: string
  readonly quotes: Quotes
  /** Time between acting, which is then on disk, and answering, ms; default 0. */
  readonly delayMs?: number
  /** Share of new orders that are refused, 0 to 1; default 0. */
  readonly rejectRate?: number
  /** Share of orders that are carried out and answered with `OutcomeUnknown`, 0 to 1; default 0. */
  readonly timeoutRate?: number
  /** Decides which calls the two rates hit; default 0. */
  readonly seed?: number
  /** Forgets the account that the folder holds. */
  readonly fresh?: boolean
  /** Epoch ms. */
  readonly now?: () => number
}

/** What the account keeps of an order that it has accepted. */
type OrderRecord =
  | { readonly kind: 'working'; readonly order: ExitOrder; readonly at: number }
  | { readonly kind: 'filled'; readonly fill: Fill; readonly at: number }
  /** Its side held less than it asked for: that much was filled, and the rest killed. */
  | { readonly kind: 'cut'; readonly fill: Fill; readonly at: number }
  | { readonly kind: 'cancelled'; readonly at: number }

type Leg = [instrument: InstrumentId, side: Side]

/** What was put into the account for one life of a position; earlier releases kept its time alone. */
type Deposit =
  number | (Pick<Position, 'instrument' | 'side' | 'quantity'> & { readonly at: number })

const SCHEMA_VERSION = 1
const SIDES: readonly Side[] = ['long', 'short']
/** Rows that one order or deposit writes. */
const ROWS_A_CALL = 2

/**
 * Opens, or starts, a simulated account whose orders, fills and holdings are kept on disk. Throws
 * `AccountUnusable` where the folder cannot hold one, ACCOUNT_FULL where there is no room for it.
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
 * A simulated venue with an account on disk. It acts, makes that durable, and only then answers, so
 * that its own death can fall between. Longs and shorts of an instrument are held side by side, and
 * every exit is reduce-only: it fills at most what its side holds, whole and at once, at the price
 * that values the position; before the first price it works.
 */
export class PaperAccount implements Broker {
  readonly capabilities = PAPER_CAPABILITIES
  /** While true the venue is out of reach: nothing is sent, and every question is `unknown`. */
  outage = false

  private readonly root: RootDatabase<unknown, string>
  private readonly room: Room
  private readonly footing: Footing
  private readonly orders: Database<OrderRecord, ClientOrderId>
  /** Units, > 0; a side that is flat has no row. */
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
   * Puts a position into the account, once for its id and generation however often it is asked, and
   * says whether this was the time.
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
   * Takes back every deposit for a life of a position that `isKnown` denies: the process died before the
   * position was durable. Nothing of one that an order has sold since is taken. Gives how many there were.
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

  /** What has become of its folder, where that was deleted or replaced while it is in use. */
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

  /** No prices: it takes those of the feed. */
  async quotes(): Promise<readonly Tick[]> {
    return []
  }

  /** Every fill that the account has ever made. */
  fills(): Fill[] {
    const records = [...this.orders.getRange()].map(({ value }) => value)
    return records.flatMap(record => ('fill' in record ? [record.fill] : []))
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.calls)
    await this.root.close()
  }

  /** Accepts an order or not; runs inside a transaction. */
  private accept(order: ExitOrder, isRefused: boolean): ExitAnswer {
    const known = this.orders.get(order.clientOrderId)
    if (known !== undefined) return answerOf(known)
    if (isRefused) return { kind: 'rejected', code: 'refused' }
    if (this.quantity([order.instrument, order.side]) === 0)
      return { kind: 'rejected', code: 'insufficient-quantity' }
    return answerOf(this.execute(order))
  }

  /** Fills an order that has waited, if it still does; runs inside a transaction. */
  private fillWorking(id: ClientOrderId): OrderRecord | undefined {
    const record = this.orders.get(id)
    return record?.kind === 'working' ? this.execute(record.order) : undefined
  }

  /** Does with an order what can be done now, and keeps it; runs inside a transaction. */
  private execute(order: ExitOrder): OrderRecord {
    const { clientOrderId, positionId, instrument, side, priceSource } = order
    const at = this.now()
    const price = this.options.quotes.price(instrument, viewOf(side, priceSource))
    if (price === undefined) return this.record(clientOrderId, { kind: 'working', order, at })
    const held = this.quantity([instrument, side])
    // A reduce-only order ends when another exit has taken what it was to close.
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
   * Runs `act` as one transaction, which is on disk when the promise resolves. One that finds no
   * room has done nothing; of any other failure nobody knows.
   */
  private async commit<T>(act: () => T): Promise<T> {
    this.assertThere()
    if (!this.room.admits(ROWS_A_CALL, true)) throw full()
    const call = commit(this.root, act)
    this.calls.add(call)
    try {
      const result = await call
      if (this.footing.look() !== undefined) throw new Error('its folder is not there any more')
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

  /** Whether this call is refused, and whether its answer is lost. */
  private faults(): [isRefused: boolean, isLost: boolean] {
    const { rejectRate = 0, timeoutRate = 0 } = this.options
    return [this.chance() < rejectRate, this.chance() < timeoutRate]
  }

  private assertReachable(): void {
    if (this.outage) throw new NotSent('the paper account is out of reach')
    this.assertThere()
  }

  private assertThere(): void {
    const lost = this.footing.look()
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

/** Numbers ≥ 0 and < 1 that look random and are the same for the same seed. */
function chance(seed: number): () => number {
  let count = 0
  return () => {
    const digest = createHash('sha256').update(`${seed}:${count++}`).digest()
    return digest.readUInt32BE() / 2 ** 32
  }
}
