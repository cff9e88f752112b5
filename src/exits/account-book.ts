import { difference } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { ExitBookOptions } from './circumstances.ts'
import { LATE_MS } from './closed-holdings.ts'
import { EndedOrders } from './ended-orders.ts'
import type { ExitEvent, HoldingChange } from './events.ts'
import type { CallKind } from './exit-calls.ts'
import { ExitTable } from './exit-table.ts'
import { Faults } from './faults.ts'
import { HoldingBook } from './holding-book.ts'
import { HoldingReports } from './holding-reports.ts'
import { otherLockHolder } from './neighbours.ts'
import type { NetOrders } from './net-orders.ts'
import type { Notice } from './notices.ts'
import type { Listed } from './noticing.ts'
import { takeOrderList } from './order-list.ts'
import { hasSent, isAlive, remainingOf, type EndedExit, type ExitRecord } from './record.ts'
import { ReleasedExits, unexecutedOf, type FollowedOrder } from './released.ts'
import type { ExitSettings } from './settings.ts'
import { openExits, openUnitsOf, shareOf, underWayOf, type OwnedUnits } from './shares.ts'
import { UnknownHoldings } from './unknown-holdings.ts'

/**
 * Every exit and every holding of an account: what is known, and what must be asked or sent next. The gateway actor owns
 * it: it is the only writer, makes the calls, and reports their results here. It has no clock and makes no call.
 */
export class AccountBook {
  readonly settings: ExitSettings
  private readonly notify: (notice: Notice) => void
  readonly exits: ExitTable
  /** Exits of released positions whose orders may still be executed. */
  readonly released: ReleasedExits
  /** Errors of one position or holding do not end the processing of others. */
  readonly faults: Faults
  readonly holdings: HoldingBook
  /** Takes what the venue reports of holdings. */
  readonly reports: HoldingReports
  private readonly unknown = new UnknownHoldings()
  /** Orders of ended exits that may still be executed. */
  readonly late: EndedOrders
  /** Stops of positions that rest at the venue: they may take units of a holding as exits do. */
  nets: NetOrders | undefined

  constructor(options: ExitBookOptions) {
    const { settings } = options
    const notify = (notice: Notice): void => options.notify(notice)
    const faults = new Faults(notify)
    this.settings = settings
    this.notify = notify
    this.faults = faults
    const drifted = (id: PositionId, by: HoldingChange, at: number): void => {
      // What a released order executes is not learned by the holding.
      this.exits.happened(id, { kind: 'drifted', by, at })
    }
    const mayExplain = this.mayExplain.bind(this)
    this.holdings = new HoldingBook({
      ...options,
      shareOf: position => shareOf(position, this.unitsIn(position.id)),
      drifted,
      followOverOrders: at => this.late.followOpen(at),
      mayExplain,
      faults,
    })
    this.exits = new ExitTable({ ...options, faults }, this.holdings)
    this.late = new EndedOrders({
      settings,
      notify,
      lotOf: instrument => options.specOf(instrument).lot,
      holdingOf: position => this.holdings.holdingOf(position),
      lacks: key => this.holdings.lacks(key),
      open: () => openExits(this.exits, this.holdings),
    })
    const { exits, holdings, late } = this
    const unitsOf = this.unitsOf.bind(this)
    this.reports = new HoldingReports({ exits, holdings, late, faults, settings, notify, unitsOf })
    this.released = new ReleasedExits({ ...options, faults }, (order, now) =>
      this.letGo(order, now),
    )
  }

  /** Units of an open position that are not executed. */
  unitsOf(id: PositionId): number {
    return openUnitsOf(this.unitsIn(id))
  }

  /**
   * A position opens: this generation owns a share of its holding. Returns the exit that uses that
   * holding as evidence.
   */
  own(position: Position, entry: { generation: number; now: number }): PositionId | undefined {
    this.holdings.own(position, entry)
    return otherLockHolder(this.holdings, position.id)
  }

  /** A position is closed; what is too little to be sold stays at the venue. */
  close(id: PositionId, now: number): void {
    const current = this.holdings.current(id)
    if (current === undefined) return
    const record = this.exits.record(id)
    const isDust = record?.state.kind === 'flat' && record.state.by === 'dust'
    this.disown(current.position, { left: isDust ? remainingOf(record) : 0, now })
  }

  /**
   * A position has closed in an earlier process: what its orders left behind may still come. `exited`
   * says when and after how many attempts, where the store has kept that.
   */
  remember(
    position: Position,
    {
      generation,
      exited,
      now,
    }: { generation: number; exited?: EndedExit | undefined; now: number },
  ): void {
    // A clock that was set back must not make it long ago, nor one that was set forward, for ever.
    const endedAt = Math.min(exited?.at ?? now, now)
    if (now - endedAt >= LATE_MS) return
    this.holdings.outside.closedByEarlierProcess(position, endedAt)
    this.late.remember(position, { generation, endedAt, ...(exited !== undefined && { exited }) })
  }

  /**
   * A person releases a generation of a position: its quantity stays at the venue. An order of its
   * exit that may still be executed is tracked until it has ended. Returns the exit that uses the
   * holding as evidence.
   */
  release(
    position: Position,
    { generation, now }: { generation: number; now: number },
  ): PositionId | undefined {
    const { id } = position
    const current = this.holdings.current(id)
    if (current !== undefined && current.generation > generation) return undefined
    const lockHolder = otherLockHolder(this.holdings, id)
    const record = this.exits.record(id)
    const left = current === undefined ? position.quantity : this.unitsOf(id)
    this.holdings.freed(position, left, now)
    if (record === undefined) {
      this.disown(position, { left, now })
      return lockHolder
    }
    this.faults.forgetPosition(id)
    const calls = [...this.exits.callsOf(id)]
    const group = this.holdings.openGroup(position, now)
    const underWay = isAlive(record) ? Math.min(left, underWayOf(record)) : 0
    this.exits.remove(id)
    this.released.take(record, { position, group, now, calls })
    if (hasSent(record)) this.holdings.outside.closedByOrders(position, now)
    this.holdings.disown(position, { left: difference(left, underWay), now })
    return lockHolder
  }

  /** Continues the exit of a released position that an earlier process tracked. */
  restoreReleased(record: ExitRecord, position: Position, now: number): void {
    const left = difference(remainingOf(record), isAlive(record) ? underWayOf(record) : 0)
    this.holdings.outside.closedByEarlierProcess(position, now)
    this.holdings.disown(position, { left, now })
    this.released.restore(record, { position, group: this.holdings.openGroup(position, now), now })
  }

  /** A call for the exit of a generation has ended, whether that was released in the meantime or not. */
  ended(
    of: { id: PositionId; generation: number; call: CallKind },
    event: ExitEvent | undefined,
  ): void {
    const order = this.released.of({ positionId: of.id, generation: of.generation })
    const take = (learned: ExitEvent | undefined): boolean =>
      this.faults.alone(
        `exit of ${of.id}`,
        () => {
          if (order === undefined) this.exits.ended(of, learned)
          else this.released.ended(order, of.call, learned)
          return true
        },
        false,
      )
    if (take(event) || event === undefined || !('id' in event)) return
    // What cannot be taken proves nothing of the order.
    take({ kind: 'outcome-unknown', id: event.id, at: event.at })
  }

  /** Forgets the exits that can have nothing at the broker, and gives them; their orders may show still. */
  discard(now: number): readonly ExitRecord[] {
    const discarded = this.exits.discard()
    for (const record of discarded) {
      const current = this.holdings.current(record.positionId)
      if (current !== undefined && hasSent(record)) this.late.ended(record, current.position, now)
      else this.late.forget(record)
    }
    return discarded
  }

  /** A cycle, at `now` (epoch ms): all positions are known. Reports holdings that are unknown for long. */
  cycle(now: number): void {
    this.holdings.outside.begin()
    this.exits.cycle(now)
    this.released.cycle(now)
    const { loudAfterMs } = this.settings
    this.unknown.takeOverdue(this.holdings.all(), now, loudAfterMs).forEach(this.notify)
  }

  /** The holdings that must be asked for by name whatever the exits want. */
  doubtful(): readonly HoldingKey[] {
    return [...this.holdings.all()].filter(group => group.isInDoubt).map(({ key }) => key)
  }

  /** Takes the list of all working orders of the account, asked for at `askedAt`. */
  listed(orders: readonly Listed[], asked: { askedAt: number; now: number }): void {
    const { exits, released, late, faults, notify } = this
    takeOrderList({ exits, released, late, faults, notify }, orders, asked)
  }

  private unitsIn(id: PositionId): OwnedUnits {
    const owned = this.holdings.current(id)?.owned ?? 0
    return { owned, record: this.exits.record(id) }
  }

  private disown(position: Position, { left, now }: { left: number; now: number }): void {
    this.faults.forgetPosition(position.id)
    const record = this.exits.remove(position.id)
    const isSent = record !== undefined && hasSent(record)
    if (isSent) this.holdings.outside.closedByOrders(position, now)
    this.holdings.disown(position, { left, now })
    if (isSent) this.late.ended(record, position, now)
    else if (record !== undefined) this.late.forget(record)
  }

  /**
   * Whether an order of ours, or a stop at the venue, may have taken what a holding lacks since `since`, as of
   * `at` (epoch ms): the venue is asked first, unless it gives no answer for long.
   */
  private mayExplain(key: HoldingKey, asked: { since: number; at: number }): boolean {
    const { since, at } = asked
    if (this.nets?.isOwed(key) === true || this.late.mayExplain(key, asked)) return true
    const isLong = at - since >= this.settings.loudAfterMs
    return !isLong && this.nets?.mayExplain(key, since) === true
  }

  /** The order of a released position is over: a list may still show it, and it may still arrive. */
  private letGo(order: FollowedOrder, now: number): void {
    const { position, record } = order
    this.holdings.outside.closedByOrders(position, now)
    this.holdings.letGo(position, unexecutedOf(order))
    this.late.ended(record, position, now)
  }
}
