import type { Database } from 'lmdb'
import { difference, sum } from '../domain/decimal.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'
import { signOf, type Position, type Side } from '../domain/position.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import { viewOf } from '../domain/tick.ts'
import { AccountUnusable } from '../errors.ts'
import type { ExitAnswer, Holding, HoldingKey, HoldingReport, OrderState } from '../ports/broker.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { PaperRoot } from './paper-folder.ts'
import { answerOf, orderOf, type OrderRecord } from './paper-records.ts'
import { isMet } from './paper-stops.ts'

type Leg = [instrument: InstrumentId, side: Side]

/** What a deposit moves: the units of a position. */
export type DepositedPosition = Pick<Position, 'id' | 'instrument' | 'side' | 'quantity'>

/** What was deposited for one generation of a position; earlier versions stored only its time. */
type Deposit = number | (Omit<DepositedPosition, 'id'> & { readonly at: number })

export interface PaperBookDeps {
  readonly folder: string
  readonly quotes: Quotes
  /** Epoch ms. */
  now(): number
}

const SCHEMA_VERSION = 1
const SIDES: readonly Side[] = ['long', 'short']
/** Upper bound of the rows that one method writes. */
export const ROWS_A_CALL = 2

/**
 * Orders, holdings and deposits of a paper account, in its lmdb environment: what the venue decides. A
 * method that changes them runs inside one transaction.
 */
export class PaperBook {
  private readonly deps: PaperBookDeps
  private readonly orders: Database<OrderRecord, ClientOrderId>
  /** Quantity of each side, > 0; a flat side has no row. */
  private readonly held: Database<number, Leg>
  private readonly deposits: Database<Deposit, [position: PositionId, generation: number]>

  /** @throws AccountUnusable where a later version has written the account. */
  constructor(root: PaperRoot, deps: PaperBookDeps) {
    this.deps = deps
    checkVersion(root, deps.folder)
    this.orders = root.openDB({ name: 'orders' })
    this.held = root.openDB({ name: 'holdings' })
    this.deposits = root.openDB({ name: 'deposits' })
  }

  /** Deposits a position once per id and generation. Whether this call made the deposit. */
  deposit({ id, instrument, side, quantity }: DepositedPosition, generation: number): boolean {
    if (this.deposits.get([id, generation]) !== undefined) return false
    void this.deposits.put([id, generation], { instrument, side, quantity, at: this.deps.now() })
    this.hold([instrument, side], sum(this.quantity([instrument, side]), quantity))
    return true
  }

  /** Puts `more` units of a position into the account. */
  grow({ id, instrument, side }: DepositedPosition, generation: number, more: number): void {
    const known = this.deposits.get([id, generation])
    if (typeof known === 'object') {
      void this.deposits.put([id, generation], { ...known, quantity: sum(known.quantity, more) })
    }
    this.hold([instrument, side], sum(this.quantity([instrument, side]), more))
  }

  withdraw({ id, instrument, side, quantity }: DepositedPosition, generation: number): void {
    if (this.deposits.get([id, generation]) === undefined) return
    void this.deposits.remove([id, generation])
    const held = this.quantity([instrument, side])
    this.hold([instrument, side], Math.max(0, difference(held, quantity)))
  }

  /** Deposits for generations that `isKnown` denies and whose positions no order has sold from since. */
  unknownDeposits(
    isKnown: (id: PositionId, generation: number) => boolean,
  ): { position: DepositedPosition; generation: number }[] {
    return [...this.deposits.getRange()].flatMap(({ key: [id, generation], value }) => {
      if (isKnown(id, generation) || typeof value === 'number' || this.hasSold(id, value.at))
        return []
      return [{ position: { ...value, id }, generation }]
    })
  }

  private hasSold(id: PositionId, since: number): boolean {
    return [...this.orders.getRange()].some(
      ({ value }) => 'fill' in value && value.fill.positionId === id && value.at >= since,
    )
  }

  /** Accepts an order and executes it as far as possible, or rejects it. */
  accept(order: ExitOrder, isRefused: boolean): ExitAnswer {
    const known = this.orders.get(order.clientOrderId)
    if (known !== undefined) return answerOf(known)
    if (isRefused) return { kind: 'rejected', code: 'refused' }
    if (this.quantity([order.instrument, order.side]) === 0)
      return { kind: 'rejected', code: 'insufficient-quantity' }
    return answerOf(this.execute(order))
  }

  /** Fills an order that works, unless it has ended meanwhile. */
  fillWorking(id: ClientOrderId): OrderRecord | undefined {
    const record = this.orders.get(id)
    return record?.kind === 'working' ? this.execute(record.order) : undefined
  }

  /** Lets a stop rest, or rejects it. */
  acceptStop(order: StopOrder): ExitAnswer {
    const { clientOrderId, instrument, side } = order
    const known = this.orders.get(clientOrderId)
    if (known !== undefined) return answerOf(known)
    if (this.quantity([instrument, side]) === 0)
      return { kind: 'rejected', code: 'insufficient-quantity' }
    const price = this.priceOf(order)
    if (price !== undefined && isMet(order, price))
      return { kind: 'rejected', code: 'would-trigger' }
    return answerOf(this.record(clientOrderId, { kind: 'resting', order, at: this.deps.now() }))
  }

  /** Gives a resting stop another trigger; undefined where it does not rest any more. */
  amendStop({ clientOrderId: id, trigger }: StopOrder): StopOrder | undefined {
    const known = this.resting(id)
    if (known === undefined) return undefined
    const order = { ...known, trigger }
    this.record(id, { kind: 'resting', order, at: this.deps.now() })
    return order
  }

  /** Executes a stop whose trigger is met, unless it has ended meanwhile. */
  fireStop(id: ClientOrderId): OrderRecord | undefined {
    const order = this.resting(id)
    return order && this.execute(order)
  }

  /** The stop with this id while it rests. */
  resting(id: ClientOrderId): StopOrder | undefined {
    const record = this.orders.get(id)
    return record?.kind === 'resting' ? record.order : undefined
  }

  /** The last price that values the position of an order. */
  priceOf({ instrument, side, priceSource }: ExitOrder): number | undefined {
    return this.deps.quotes.price(instrument, viewOf(side, priceSource))
  }

  cancel(id: ClientOrderId): OrderState {
    const kind = this.orders.get(id)?.kind
    if (kind === 'working' || kind === 'resting')
      this.record(id, { kind: 'cancelled', at: this.deps.now() })
    return this.report(id)
  }

  report(id: ClientOrderId): OrderState {
    const record = this.orders.get(id)
    return record === undefined ? { kind: 'absent' } : orderOf(record)
  }

  /** The orders that wait for a price of their instrument. */
  working(): ExitOrder[] {
    const records = [...this.orders.getRange()].map(({ value }) => value)
    return records.flatMap(record => (record.kind === 'working' ? [record.order] : []))
  }

  /** The stops that rest. */
  stops(): StopOrder[] {
    const records = [...this.orders.getRange()].map(({ value }) => value)
    return records.flatMap(record => (record.kind === 'resting' ? [record.order] : []))
  }

  /** Every fill since the account was created. */
  fills(): Fill[] {
    const records = [...this.orders.getRange()].map(({ value }) => value)
    return records.flatMap(record => ('fill' in record ? [record.fill] : []))
  }

  holdings(): Holding[] {
    return [...this.held.getRange()].map(({ key: [instrument, side], value }) => {
      return { instrument, side, quantity: signOf(side) * value, ageMs: 0 }
    })
  }

  holding({ instrument, side }: HoldingKey): HoldingReport {
    const sides = side === undefined ? SIDES : [side]
    const legs = sides.map(leg => signOf(leg) * this.quantity([instrument, leg]))
    if (legs.every(leg => leg === 0)) return { kind: 'flat', ageMs: 0 }
    return { kind: 'held', quantity: legs.reduce(sum), ageMs: 0 }
  }

  /** Executes an order as far as possible now, and stores it. */
  private execute(order: ExitOrder): OrderRecord {
    const { clientOrderId, positionId, instrument, side } = order
    const at = this.deps.now()
    const price = this.priceOf(order)
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
}

function checkVersion(root: PaperRoot, folder: string): void {
  const version: unknown = root.get('schema-version')
  if (version === undefined) root.putSync('schema-version', SCHEMA_VERSION)
  else if (version !== SCHEMA_VERSION)
    throw new AccountUnusable(
      `the paper account in ${folder} has schema version ${JSON.stringify(version)}, ` +
        `this version knows ${SCHEMA_VERSION}`,
    )
}
