import { isBounded } from '../domain/bounds.ts'
import { ratioOfSums, sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId, Execution, OrderState } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { leftOf, unitsOf } from '../domain/units.ts'
import { LATE_MS } from './former.ts'
import { nameOf } from './holding-state.ts'
import type { Notice } from './notices.ts'
import { NOTHING, plus } from './record.ts'

/** Ended exits whose orders are known; the oldest are forgotten. */
const MOST = 1_000
/** Orders of one ended exit that are asked for, the last ones. */
const MOST_ORDERS = 10
/** Orders that are asked for in one cycle. */
const MOST_AT_ONCE = 8
/** Rounds of questions about one ended exit for one reason. */
const ROUNDS = 3

/** An exit that is over. */
export interface FormerExit {
  readonly position: Position
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly holding: HoldingKey
  /** Its orders, oldest first. */
  readonly clientOrderIds: readonly string[]
  /** What is booked of them. */
  readonly executed: Execution
  /** Not all that it was to close is booked: one of its orders may have closed the rest. */
  readonly isShort: boolean
}

/** An order of an ended exit that is to be looked up. */
export interface LateQuestion {
  readonly positionId: PositionId
  readonly generation: number
  readonly clientOrderId: ClientOrderId
}

interface Watched extends FormerExit {
  booked: Execution
  readonly until: number
  rounds: number
  askAt: number
  isLacking: boolean
  /** What the venue has said of each order. */
  readonly found: Map<string, Execution>
}

/**
 * Exits that are over, and whose orders may still be executed: after a rejection, a cancel or an absence
 * that the venue reported. Where units of their holding are missing they are looked up by id, and what they
 * have executed beyond what is booked is booked on their exit. Changes itself.
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
    const name = lifeOf(exit.position.id, exit.generation)
    this.watched.delete(name)
    this.watched.set(name, {
      ...exit,
      clientOrderIds: exit.clientOrderIds.slice(-MOST_ORDERS),
      booked: exit.executed,
      until: endedAt + LATE_MS,
      found: new Map(),
      rounds: exit.isShort ? ROUNDS : 0,
      askAt: endedAt + this.apartMs,
      isLacking: false,
    })
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
      const holding = nameOf(each.holding)
      const isLacking = asked.get(holding) ?? lacks(each.holding)
      asked.set(holding, isLacking)
      if (isLacking && !each.isLacking) each.rounds = ROUNDS
      each.isLacking = isLacking
      if (each.rounds === 0 || now < each.askAt || due.length >= MOST_AT_ONCE) continue
      each.rounds--
      each.askAt = now + 2 * this.apartMs
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
    const each = [...this.watched.values()].find(one => one.clientOrderIds.includes(clientOrderId))
    if (each === undefined) return false
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

  private book(each: Watched, clientOrderId: string): void {
    const all = [...each.found.values()].reduce(plus, NOTHING)
    const quantity = leftOf(all.quantity, each.booked.quantity)
    if (quantity <= 0) return
    const executed = { quantity, price: priceOf(all, each.booked, quantity) }
    each.booked = { quantity: sum(each.booked.quantity, quantity), price: all.price }
    const { position, generation } = each
    const booked = each.booked.quantity
    this.notify({ kind: 'exit-late-fill', position, generation, clientOrderId, executed, booked })
  }
}

const lifeOf = (id: PositionId, generation: number): string => `${generation} ${id}`

/** The price of what is new; null where that is not known. */
function priceOf(all: Execution, booked: Execution, quantity: number): number | null {
  if (all.price === null || booked.quantity === 0) return all.price
  if (booked.price === null) return all.price
  const rest = ratioOfSums(all.price, all.quantity, -booked.price, booked.quantity, quantity)
  return isBounded(rest) && rest > 0 ? rest : all.price
}
