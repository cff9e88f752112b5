import { isBounded } from '../domain/bounds.ts'
import { sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import { generationName, type PositionId } from '../domain/ids.ts'
import type { ClientOrderId, OrderState } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { leftOf, unitsOf } from '../domain/units.ts'
import { LATE_MS } from './closed-holdings.ts'
import { holdingName } from './holding-state.ts'
import type { Notice } from './notices.ts'
import { priceOfRest } from './past-orders.ts'
import { NOTHING, plus } from './record.ts'
import {
  isAnswered,
  surplusOf,
  watchedFrom,
  type WatchedEndedExit,
  type LateQuestion,
  type LateTaker,
  type Watched,
  type WatchedExit,
} from './watched-exit.ts'

/** Ended exits whose orders are known; the oldest are forgotten. */
const MOST = 1_000
/** Orders of one ended exit that are asked for, the last ones. */
const MOST_ORDERS = 10
/** Orders that are asked for in one cycle. */
const MOST_AT_ONCE = 8
/** Rounds of questions about one exit for one reason; more of them, this far apart, where no answer comes. */
const ROUNDS = 3
const UNANSWERED_MS = 30_000

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
  remember(exit: WatchedEndedExit, endedAt: number): void {
    const clientOrderIds = exit.clientOrderIds.slice(-MOST_ORDERS)
    const until = endedAt + LATE_MS
    const rounds = exit.isShort ? ROUNDS : 0
    const asking = { until, askAt: endedAt + this.apartMs, from: endedAt, rounds }
    this.put(watchedFrom({ ...exit, clientOrderIds }, asking))
  }

  /** An open exit has orders that are over, at `now` (epoch ms). */
  follow(exit: WatchedExit, now: number): void {
    const known = this.watched.get(nameOfExit(exit))
    if (known !== undefined && !Number.isFinite(known.until)) {
      this.put({ ...known, ...exit, booked: exit.executed })
      return
    }
    // Of an earlier process, or executed since: once at least it is looked up.
    const asking = { until: Infinity, askAt: now, from: now, rounds: 1 }
    this.put(watchedFrom({ ...exit, isShort: false }, asking))
  }

  private put(exit: Watched): void {
    const name = nameOfExit(exit)
    const taken = this.watched.get(name)?.taken ?? exit.taken
    this.watched.delete(name)
    this.watched.set(name, { ...exit, taken })
    for (const oldest of this.watched.keys()) {
      if (this.watched.size <= MOST) break
      this.watched.delete(oldest)
    }
  }

  /**
   * Attributes units that a position has lost to the exits that have executed them late, at most so many in all: each
   * unit is attributed once.
   */
  attributeLoss(holding: HoldingKey, quantity: number): readonly LateTaker[] {
    const name = holdingName(holding)
    const takers: LateTaker[] = []
    let left = quantity
    for (const each of this.watched.values()) {
      const units = each.holdingName === name ? Math.min(left, surplusOf(each)) : 0
      if (units <= 0) continue
      left = leftOf(left, units)
      each.taken = sum(each.taken, units)
      const { position, generation } = each
      takers.push({ positionId: position.id, generation, quantity: units })
    }
    return takers
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
    const name = holdingName(holding)
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

  /** Takes the orders to look up at `now` (epoch ms); `lacks` says whether a holding misses units. */
  takeDue(now: number, lacks: (holding: HoldingKey) => boolean): readonly LateQuestion[] {
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
      const { instrument } = position
      for (const id of each.clientOrderIds) {
        const clientOrderId = id as ClientOrderId
        due.push({ positionId: position.id, generation, instrument, clientOrderId })
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

/** The name of an exit among those that are watched. */
const nameOfExit = ({ position, generation }: WatchedExit): string =>
  generationName({ positionId: position.id, generation })
