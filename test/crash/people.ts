import { setTimeout as sleep } from 'node:timers/promises'
import { isNetId } from '../../src/domain/resting-stop.ts'
import type { BrokerServer } from '../support/broker-server/server.ts'
import { ALONE, moreOf, positionsOf, type Held } from './account.ts'
import { isAwaitingReleased, leftToAPerson } from './checks.ts'
import type { Disk } from './disk.ts'
import type { GuardProcess } from './guard.ts'
import { ORPHAN } from './net-plan.ts'
import { CALL_MS, type Plan } from './plan.ts'
import { isBeside, placeOf } from './venues.ts'

/** What people have done to the position `alone`. */
export interface Deeds {
  /** Generations that its id has had, or is about to have. */
  generations: 1 | 2
  /** Both generations own the same units. */
  isReleased: boolean
  /** As much was bought once more, for a position of its own. */
  hasMore: boolean
  /** Units that were sold by hand. */
  sold: number
}

interface Around {
  readonly plan: Plan
  readonly broker: BrokerServer
  readonly guard: GuardProcess
}

const { instrument, quantity } = ALONE
/** Deaths of the guard before a unit is sold by hand. */
const SOLD_AFTER = 2

/** The people who trade in the account and post positions, while the guard runs and is killed. */
export class People {
  readonly deeds: Deeds = { generations: 1, isReleased: false, hasMore: false, sold: 0 }
  private readonly around: Around
  private isPosted = false
  private deaths = 0

  constructor(around: Around) {
    this.around = around
  }

  /** Whether everything that they began has reached the guard's disk. */
  isOver(disk: Disk): boolean {
    const { positions } = disk
    const { generations, hasMore } = this.deeds
    if (positions.size !== (hasMore ? 4 : 3)) return false
    if (positions.get(ALONE.id)!.generation < generations) return false
    const { plan, broker } = this.around
    const { book } = broker.venue
    const known = { orders: book.orders, fills: book.fills, holdings: book.holdings() }
    // No stop outlives its position by more than a reconcile.
    const nets = [...book.working].filter(({ clientOrderId: id }) => isNetId(id) && id !== ORPHAN)
    if (nets.length > 0) return false
    const isAwaited = isAwaitingReleased({ plan, book: known, disk, deeds: this.deeds })
    const left = leftToAPerson({ plan, disk })
    return [...positions.values()].every(
      ({ position: { id }, state }) =>
        state === 'closed' || (isAwaited && id === ALONE.id) || left.has(id),
    )
  }

  /** Does what is due while a guard runs. */
  async act(disk: Disk): Promise<void> {
    switch (this.around.plan.hostility.course) {
      case 'added at once':
        return this.addAgain(disk)
      case 'bought again':
        return this.buyAgain(disk)
      case 'adopted':
        this.buyUnnamed(disk)
        return undefined
      case 'released':
        return this.release(disk)
      case 'plain':
      case 'restored':
      case 'sold by hand':
        return undefined
    }
  }

  /** Does what is due while no guard runs. */
  async meanwhile(): Promise<void> {
    const { plan, broker } = this.around
    this.deaths++
    if (plan.hostility.course !== 'sold by hand' || this.deaths !== SOLD_AFTER) return
    const { visibilityMs, reduceOnly } = (plan.hostility.shrunk ?? plan.venue).capabilities
    // Only such an order can meet a person who trades in the same moment.
    if (!reduceOnly) {
      await sleep(CALL_MS + 2 * visibilityMs)
      if (this.hasOrders) return
    }
    if (this.held < 1) return
    broker.venue.hand({ instrument, quantity: -1, ...placeOf(plan.venue, 'long') })
    this.deeds.sold = 1
    if (!reduceOnly) await sleep(2 * visibilityMs)
  }

  private get alone(): Held {
    const { venue } = this.around.plan
    return positionsOf({ isHalved: false, venue }).find(({ id }) => id === ALONE.id)!
  }

  private get hasOrders(): boolean {
    return this.around.broker.venue.book.orders.some(order => order.instrument === instrument)
  }

  private get held(): number {
    const all = this.around.broker.venue.book.holdings()
    const { venue } = this.around.plan
    const own = all.find(each => each.instrument === instrument && !isBeside(venue, each))
    return own?.quantity ?? 0
  }

  /** Buys once the API shows no `alone` any more, and posts it at once. */
  private async addAgain({ positions }: Disk): Promise<void> {
    const { guard } = this.around
    if (this.deeds.generations === 1) {
      if (!positions.has(ALONE.id) || (await guard.ask('GET', '/readyz')) !== 200) return
      if ((await guard.ask('GET', `/api/positions/${ALONE.id}`)) !== 404) return
      this.buy()
      this.deeds.generations = 2
    }
    await this.post(this.alone, positions.get(ALONE.id)!.generation === 2)
  }

  private async buyAgain({ positions }: Disk): Promise<void> {
    const row = positions.get(ALONE.id)
    if (row === undefined || (row.exit === null && row.state === 'open')) return
    if (!this.deeds.hasMore) this.buy()
    this.deeds.hasMore = true
    const more = moreOf(this.around.plan)
    await this.post(more, positions.has(more.id))
  }

  /** Buys during the exit of `alone` what no position names. */
  private buyUnnamed({ positions }: Disk): void {
    const row = positions.get(ALONE.id)
    if (row === undefined || (row.exit === null && row.state === 'open')) return
    if (!this.deeds.hasMore) this.buy()
    this.deeds.hasMore = true
  }

  private async release({ positions }: Disk): Promise<void> {
    const { guard } = this.around
    const row = positions.get(ALONE.id)
    if (row === undefined || !this.hasOrders) return
    if (!this.deeds.isReleased) {
      const status = await guard.ask('DELETE', `/api/positions/${ALONE.id}`, {})
      if (status !== 204 && row.state !== 'released') return
      this.deeds.isReleased = true
      this.deeds.generations = 2
    }
    await this.post(this.alone, row.generation === 2)
  }

  private buy(): void {
    const { broker, plan } = this.around
    broker.venue.hand({ instrument, quantity, ...placeOf(plan.venue, 'long') })
  }

  private async post(position: object, isKnown: boolean): Promise<void> {
    this.isPosted ||= isKnown
    if (this.isPosted) return
    const body = { ...position, exitNow: true, reopen: true }
    // 200: it was taken before, and the answer was lost.
    const status = await this.around.guard.ask('POST', '/api/positions', body)
    this.isPosted = status === 201 || status === 200
  }
}
