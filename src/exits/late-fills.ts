import { isBounded } from '../domain/bounds.ts'
import { sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import { generationName, type PositionId } from '../domain/ids.ts'
import type { ClientOrderId, Execution, OrderState } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { leftOf, unitsOf } from '../domain/units.ts'
import { LATE_MS } from './former.ts'
import { nameOf } from './holding-state.ts'
import type { Notice } from './notices.ts'
import { priceOfRest } from './past-orders.ts'
import { NOTHING, plus } from './record.ts'

/** Ended exits whose orders are known; the oldest are forgotten. */
const MOST = 1_000
/** Orders of one ended exit that are asked for, the last ones. */
const MOST_ORDERS = 10
/** Orders that are asked for in one cycle. */
const MOST_AT_ONCE = 8
/** Rounds of questions about one exit for one reason; more of them, this far apart, where no answer comes. */
const ROUNDS = 3
const UNANSWERED_MS = 30_000

/** An exit with orders that are over. */
interface WatchedExit {
  readonly position: Position
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly holding: HoldingKey
  /** Its orders that are over, oldest first. */
  readonly clientOrderIds: readonly string[]
}

/** An exit that is over. */
export interface FormerExit extends WatchedExit {
  /** What is booked of each order, where that is known. */
  readonly found?: ReadonlyMap<string, Execution> | undefined
  /** What is booked of them. */
  readonly executed: Execution
  /** Not all that it was to close is booked: one of its orders may have closed the rest. */
  readonly isShort: boolean
}

/** An order that is over and is to be looked up. */
export interface LateQuestion {
  readonly positionId: PositionId
  readonly generation: number
  readonly clientOrderId: ClientOrderId
}

interface Watched extends FormerExit {
  readonly holdingName: string
  booked: Execution
  readonly until: number
  /** Rounds that are left, from `askAt` on, for what began at `askedFrom` (epoch ms). */
  rounds: number
  askAt: number
  askedFrom: number
  /** There was a reason to ask. */
  isReasoned: boolean
  isLacking: boolean
  /** What the venue has said of each order. */
  readonly found: Map<string, Execution>
  /** When each order was looked up last, epoch ms; without those that got no answer. */
  readonly answeredAt: Map<string, number>
}

/**
 * Orders that are over, and that may still be executed: after a rejection, a cancel or an absence that the
 * venue reported. Where units of their holding are missing they are looked up by id. What those of an exit
 * that is over have executed beyond what is booked is booked on it; those of an open exit are its own
 * matter. Changes itself.
 */
export class LateFills {
  private readonly watched = new Map<string, Watched>()
  private readonly notify: (notice: Notice) => void
  private readonly apartMs: number
  private readonly lotOf: (instrument: Position['instrument']) => number | undefined

  constructor({
    notify,
    apartMs,
    lotOf,
  }: {
    notify(notice: Notice): void
    apartMs: number
    lotOf(instrument: Position['instrument']): number | undefined
  }) {
    this.notify = notify
    this.apartMs = apartMs
    this.lotOf = lotOf
  }

  /** An exit that has sent orders is over since `endedAt` (epoch ms). */
  remember(exit: FormerExit, endedAt: number): void {
    const name = generationName({ positionId: exit.position.id, generation: exit.generation })
    this.watched.delete(name)
    this.watched.set(name, {
      ...exit,
      holdingName: nameOf(exit.holding),
      clientOrderIds: exit.clientOrderIds.slice(-MOST_ORDERS),
      booked: exit.executed,
      until: endedAt + LATE_MS,
      found: new Map(exit.found),
      answeredAt: new Map(),
      rounds: exit.isShort ? ROUNDS : 0,
      askAt: endedAt + this.apartMs,
      askedFrom: endedAt,
      isReasoned: false,
      isLacking: false,
    })
    this.bound()
  }

  /** An open exit has orders that are over, at `now` (epoch ms). */
  follow(exit: WatchedExit, now: number): void {
    const name = generationName({ positionId: exit.position.id, generation: exit.generation })
    const known = this.watched.get(name)
    if (known !== undefined && !Number.isFinite(known.until)) {
      this.watched.set(name, { ...known, ...exit })
      return
    }
    this.watched.set(name, {
      ...exit,
      holdingName: nameOf(exit.holding),
      executed: NOTHING,
      isShort: false,
      booked: NOTHING,
      until: Infinity,
      found: new Map(),
      answeredAt: new Map(),
      // Of an earlier process, or executed since: once at least it is looked up.
      rounds: 1,
      askAt: now,
      askedFrom: now,
      isReasoned: false,
      isLacking: false,
    })
    this.bound()
  }

  /** An exit has no order that is to be watched. */
  forget(id: PositionId, generation: number): void {
    this.watched.delete(generationName({ positionId: id, generation }))
  }

  /**
   * Whether an order of ours may have taken what a holding lacks since `since` (epoch ms): one was not looked
   * up late enough to show that.
   */
  mayExplain(holding: HoldingKey, since: number): boolean {
    const name = nameOf(holding)
    return [...this.watched.values()].some(
      ({ holdingName, until, clientOrderIds, answeredAt }) =>
        until > since &&
        holdingName === name &&
        clientOrderIds.some(id => (answeredAt.get(id) ?? -Infinity) < since + this.apartMs),
    )
  }

  /** The venue has answered a question about an order, asked at `askedAt` (epoch ms). */
  answered(clientOrderId: string, order: OrderState, askedAt: number): void {
    if (order.kind === 'unknown') return
    const each = this.watchedOf(clientOrderId)
    const before = each?.answeredAt.get(clientOrderId) ?? -Infinity
    each?.answeredAt.set(clientOrderId, Math.max(before, askedAt))
  }

  private bound(): void {
    for (const oldest of this.watched.keys()) {
      if (this.watched.size <= MOST) break
      this.watched.delete(oldest)
    }
  }

  /** The orders to look up at `now` (epoch ms); `lacks` says whether a holding misses units. */
  due(now: number, lacks: (holding: HoldingKey) => boolean): readonly LateQuestion[] {
    const due: LateQuestion[] = []
    const asked = new Map<string, boolean>()
    for (const [name, each] of this.watched) {
      if (now >= each.until) {
        this.watched.delete(name)
        continue
      }
      const holding = each.holdingName
      const isLacking = asked.get(holding) ?? lacks(each.holding)
      asked.set(holding, isLacking)
      if (isLacking && !each.isLacking) {
        each.rounds = ROUNDS
        each.askedFrom = now
        each.askAt = Math.min(each.askAt, now)
      }
      each.isLacking = isLacking
      if (now < each.askAt || due.length >= MOST_AT_ONCE) continue
      if (each.rounds === 0 && (isAnswered(each) || !each.isReasoned)) continue
      each.rounds = Math.max(0, each.rounds - 1)
      each.isReasoned = true
      each.askAt = now + (each.rounds === 0 ? UNANSWERED_MS : 2 * this.apartMs)
      const { position, generation } = each
      for (const id of each.clientOrderIds) {
        const clientOrderId = id as ClientOrderId
        due.push({ positionId: position.id, generation, clientOrderId })
      }
    }
    return due
  }

  /** Takes what the venue says of an order, asked for or not; gives whether it is of an ended exit. */
  seen(clientOrderId: string, order: OrderState): boolean {
    const each = this.watchedOf(clientOrderId)
    if (each === undefined) return false
    if (!Number.isFinite(each.until)) return true
    if (!('executed' in order)) return true
    const { quantity: reported, price } = order.executed
    if (!isBounded(reported) || reported < 0 || (price !== null && !isBounded(price))) return true
    const quantity = unitsOf(reported, this.lotOf(each.position.instrument))
    // No order of the exit was larger.
    if (quantity > each.position.quantity) return true
    const before = each.found.get(clientOrderId)?.quantity ?? 0
    if (quantity > before) each.found.set(clientOrderId, { quantity, price })
    this.book(each, clientOrderId)
    return true
  }

  private watchedOf(clientOrderId: string): Watched | undefined {
    return [...this.watched.values()].find(one => one.clientOrderIds.includes(clientOrderId))
  }

  private book(each: Watched, clientOrderId: string): void {
    const all = [...each.found.values()].reduce(plus, NOTHING)
    const quantity = leftOf(all.quantity, each.booked.quantity)
    if (quantity <= 0) return
    const executed = { quantity, price: priceOfRest(all, each.booked, quantity) }
    each.booked = { quantity: sum(each.booked.quantity, quantity), price: all.price }
    const { position, generation } = each
    const booked = each.booked.quantity
    const fill = { position, generation, clientOrderId, executed, booked, isOpen: false }
    this.notify({ kind: 'exit-late-fill', ...fill })
  }
}

/** Whether each order was looked up, with an answer, since there was a reason for it. */
const isAnswered = ({ clientOrderIds, answeredAt, askedFrom }: Watched): boolean =>
  clientOrderIds.every(id => (answeredAt.get(id) ?? -Infinity) >= askedFrom)
