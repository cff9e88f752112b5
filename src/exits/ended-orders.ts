import { sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Execution, OrderState } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { hasForeign } from './foreign.ts'
import { LateFills } from './late-fills.ts'
import { LateOrders, type LateCall, type Seen } from './late-orders.ts'
import type { Notice } from './notices.ts'
import { bookedOf, overOrdersOf } from './past-orders.ts'
import type { EndedExit, ExitRecord } from './record.ts'
import { idsOf, KNOWN_ATTEMPTS, SecondGuard, type NamedExit } from './second-guard.ts'
import { proofMs, type ExitSettings } from './settings.ts'
import type { LateTaker } from './watched-exit.ts'

interface EndedOrdersOptions {
  readonly settings: ExitSettings
  notify(notice: Notice): void
  lotOf(instrument: InstrumentId): number | undefined
  holdingOf(position: Position): HoldingKey
  /** Whether less is held than our positions own. */
  lacks(key: HoldingKey): boolean
  /** The exits that are not over, each with its position. */
  open(): Iterable<{ readonly record: ExitRecord; readonly position: Position }>
}

/**
 * The orders of exits that are over: each is known for an hour, so that it is no second guard, is cancelled where it
 * works still, and what it executes is booked. Changes itself.
 */
export class EndedOrders {
  private readonly options: EndedOrdersOptions
  private readonly guard = new SecondGuard()
  private readonly fills: LateFills
  private readonly orders: LateOrders

  constructor(options: EndedOrdersOptions) {
    this.options = options
    const { settings, notify, lotOf } = options
    const apartMs = proofMs(settings.capabilities)
    const isFindable = settings.capabilities.lookup === 'complete'
    this.fills = new LateFills({ notify, apartMs, lotOf })
    this.orders = new LateOrders({ notify, apartMs, isFindable })
  }

  /** Orders in our format that this store did not send: while there are any, nothing is sent. */
  get secondGuardOrders(): readonly string[] {
    return this.guard.secondGuardOrders
  }

  /** Orders of ended exits that work at the venue, and for how long at `now` (epoch ms). */
  working(now: number): ReturnType<LateOrders['working']> {
    return this.orders.working(now)
  }

  /** An exit that has sent orders leaves the book at `now` (epoch ms). */
  ended(record: ExitRecord, position: Position, now: number): void {
    const isForeign = hasForeign(record)
    this.recognise(record, position, { now, isForeign })
    if (isForeign) this.forget(record)
    else this.watch(record, position, { ...bookedEach(record), endedAt: now })
  }

  /** An exit without an order leaves the book. */
  forget({ positionId, generation }: Pick<ExitRecord, 'positionId' | 'generation'>): void {
    this.fills.forget(positionId, generation)
  }

  /** An exit has ended in an earlier process; `exited` is what the store has kept of it. */
  remember(
    position: Position,
    { generation, exited, endedAt }: { generation: number; exited?: EndedExit; endedAt: number },
  ): void {
    const { attempts: attempt, executed, orders } = exited ?? { attempts: KNOWN_ATTEMPTS }
    const { id: positionId, account = '' } = position
    const exit = { account, positionId, generation, attempt, orders }
    const { storeId } = this.options.settings
    if (executed !== undefined) {
      const booked = { quantity: executed, price: null }
      this.watch({ ...exit, storeId }, position, { executed: booked, endedAt })
    }
    // The store may have had no id yet when the exit began.
    for (const each of new Set([storeId, '']))
      this.recognise({ ...exit, storeId: each }, position, { now: endedAt, isForeign: false })
  }

  /** Orders of the exit are no second guard from `now` (epoch ms) on. */
  private recognise(
    exit: NamedExit,
    { id: positionId, instrument }: Position,
    { now, isForeign }: { now: number; isForeign: boolean },
  ): void {
    const { generation } = exit
    const of = isForeign ? undefined : { positionId, generation, instrument }
    this.guard.remember(idsOf(exit, this.idLength), { of, now })
  }

  /** Orders of the exit may still be executed: such fills are booked for this service. */
  private watch(
    exit: NamedExit,
    position: Position,
    { executed, found, endedAt }: BookedExit & { endedAt: number },
  ): void {
    const holding = this.options.holdingOf(position)
    const clientOrderIds = [...idsOf(exit, this.idLength)]
    const isShort = leftOf(position.quantity, executed.quantity) > 0
    const { generation } = exit
    this.fills.remember(
      { position, generation, holding, clientOrderIds, executed, found, isShort },
      endedAt,
    )
  }

  /**
   * Takes the list of all working orders, asked for at `askedAt`; gives those in our format that are new and
   * that this store did not send. `records`: every exit that may have an order at the venue.
   */
  listed(
    open: ReadonlySet<string | null>,
    records: readonly ExitRecord[],
    asked: { readonly askedAt: number; readonly now: number },
  ): readonly string[] {
    const { idLength } = this
    this.orders.listed(open, asked, id => this.guard.ownerOf(id))
    return this.guard.check(open, records, { askedAt: asked.askedAt, idLength })
  }

  /** Takes what the venue says of an order of no exit in the book, asked for or not. */
  seen(id: string, order: OrderState, seen: Seen): void {
    this.fills.seen(id, order)
    const of = this.guard.ownerOf(id)
    if (of !== undefined) this.orders.seen(id, order, { ...seen, of })
  }

  /** The venue has answered a look-up, asked at `askedAt` (epoch ms). */
  answered(id: string, order: OrderState, askedAt: number): void {
    this.fills.answered(id, order, askedAt)
  }

  /** Takes the calls that are due at `now` (epoch ms); no look-up where the venue does not find them. */
  takeDue(now: number, mayCancel: boolean): readonly LateCall[] {
    const { settings, lacks } = this.options
    this.followOpen(now)
    const isFindable = settings.capabilities.lookup === 'complete'
    const questions = this.fills.takeDue(now, lacks).map((question): LateCall => {
      return { kind: 'look-up', ...question }
    })
    return [...this.orders.takeDue(now, mayCancel), ...(isFindable ? questions : [])]
  }

  /**
   * Whether an order of ours may have taken what a holding lacks since `since`, as of `at` (epoch ms): the
   * venue is asked first, unless it gives no answer for long.
   */
  mayExplain(key: HoldingKey, { since, at }: { since: number; at: number }): boolean {
    const { capabilities, loudAfterMs } = this.options.settings
    if (capabilities.lookup !== 'complete' || at - since >= loudAfterMs) return false
    return this.fills.mayExplain(key, since)
  }

  /** Attributes units that a position has lost of a holding to the exits that have executed them late. */
  attributeLoss(key: HoldingKey, quantity: number, now: number): readonly LateTaker[] {
    this.followOpen(now)
    return this.fills.attributeLoss(key, quantity)
  }

  /** Orders of open exits that are over may be executed late as well: they are followed from `now` (epoch ms) on. */
  followOpen(now: number): void {
    for (const { record, position } of this.options.open()) {
      const clientOrderIds = overOrdersOf(record)
      if (clientOrderIds.length === 0) continue
      const { generation } = record
      const holding = this.options.holdingOf(position)
      const executed = bookedOf(record)
      this.fills.follow({ position, generation, holding, clientOrderIds, executed }, now)
    }
  }

  /** Longest id of the venue, characters. */
  private get idLength(): number {
    return this.options.settings.capabilities.clientOrderIdLength
  }
}

/** What is booked of an exit, and of each order where that is known. */
interface BookedExit {
  readonly executed: Execution
  readonly found?: ReadonlyMap<string, Execution>
}

/** What is booked of an exit, and of each of its orders. */
function bookedEach(record: ExitRecord): BookedExit {
  const { pastOrders, order } = record
  const executed = bookedOf(record)
  const past = pastOrders.reduce((all, each) => sum(all, each.executed.quantity), 0)
  const last = { quantity: leftOf(executed.quantity, past), price: executed.price }
  const each = pastOrders.map(one => [one.clientOrderId, one.executed] as const)
  return { executed, found: new Map([...each, [order.clientOrderId, last]]) }
}
