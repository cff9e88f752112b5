import { difference } from '../domain/decimal.ts'
import type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId, OrderState } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { ExitsOptions } from './circumstances.ts'
import { EndedOrders } from './ended-orders.ts'
import type { ExitEvent, HoldingChange } from './events.ts'
import { ExitTable } from './exit-table.ts'
import { Faults } from './faults.ts'
import { LATE_MS } from './former.ts'
import { HoldingBook } from './holding-book.ts'
import type { HoldingGroup } from './holding-group.ts'
import { isReportedTwice } from './holding-state.ts'
import { reservedBy, type Listed } from './noticing.ts'
import type { Share } from './reconcile.ts'
import { hasSent, isAlive, isOver, remainingOf, type EndedExit, type ExitRecord } from './record.ts'
import { leftOf as leftOfReleased, ReleasedExits, type FollowedOrder } from './released.ts'
import { isHoldingEvidence, type ExitSettings } from './settings.ts'
import { underWayOf, type CallKind } from './tracked-exit.ts'
import { UnknownHoldings } from './unknown-holdings.ts'
import type { Adoption, UnownedHolding } from './unowned.ts'

/** What stops that rest at the venue may have taken of a holding; see `src/nets/`. */
export interface NetOrders {
  /** Whether one was not queried late enough to show what it has taken since `since` (epoch ms). */
  mayExplain(key: HoldingKey, since: number): boolean
  /** Whether one has taken units that no exit has booked yet. */
  isOwed(key: HoldingKey): boolean
}

export interface ExitBookOptions extends Omit<ExitsOptions, 'faults'> {
  readonly adopt: Adoption
}

/**
 * Every exit and every holding of an account: what is known, what follows from it, and what must be
 * asked or sent next. It has no clock and makes no call; it changes itself.
 */
export class AccountBook {
  readonly settings: ExitSettings
  private readonly options: ExitBookOptions
  readonly exits: ExitTable
  /** Exits of released positions whose orders may still be executed. */
  readonly released: ReleasedExits
  /** Errors of one position or holding do not end the processing of others. */
  readonly faults: Faults
  private readonly holdings: HoldingBook
  private readonly unknown = new UnknownHoldings()
  /** Orders of ended exits that may still be executed. */
  readonly late: EndedOrders
  /** Stops of positions that rest at the venue: they may take units of a holding as exits do. */
  nets: NetOrders | undefined

  constructor(options: ExitBookOptions) {
    this.options = options
    this.settings = options.settings
    this.faults = new Faults(notice => options.notify(notice))
    const { faults } = this
    const shareOf = (position: Position): Share => this.shareOf(position)
    const drifted = (id: PositionId, by: HoldingChange, at: number): void => {
      // What a released order executes is not learned by the holding.
      this.exits.happened(id, { kind: 'drifted', by, at })
    }
    const mayExplain = this.mayExplain.bind(this)
    this.holdings = new HoldingBook({ ...options, shareOf, drifted, mayExplain, faults })
    this.exits = new ExitTable({ ...options, faults }, this.holdings)
    this.late = new EndedOrders({
      settings: options.settings,
      notify: notice => options.notify(notice),
      lotOf: instrument => options.specOf(instrument).lot,
      holdingOf: position => this.holdings.holdingOf(position),
      lacks: key => this.holdings.lacks(key),
      open: () => this.open(),
    })
    this.released = new ReleasedExits({ ...options, faults }, (order, now) =>
      this.letGo(order, now),
    )
  }

  /** Orders in our format that this store did not send: while there are any, nothing is sent. */
  get strangers(): readonly string[] {
    return this.late.strangers
  }

  /** Quantities of the account that no position owns. */
  unownedHoldings(): readonly UnownedHolding[] {
    return this.holdings.outside.unowned()
  }

  /** The holdings on the wrong side of zero: more was executed than was held. */
  oversoldHoldings(): readonly HoldingKey[] {
    return this.holdings.oversold()
  }

  /** Holdings that were not read since the start, though orders of an earlier process may have changed them. */
  notReadHoldings(): readonly HoldingKey[] {
    return this.holdings.outside.notRead()
  }

  /** The holdings that positions own, their last reports, and since when each could not be learned (epoch ms). */
  *ownedHoldings(): Iterable<Pick<HoldingGroup, 'key' | 'known' | 'unknownSince'>> {
    yield* this.holdings.all()
  }

  /** Units of an open position that are not executed. */
  unitsOf(id: PositionId): number {
    return this.leftOf(id)
  }

  /** An open position. */
  positionOf(id: PositionId): Position | undefined {
    return this.holdings.current(id)?.position
  }

  /** The key of the holding of a position. */
  keyOf(position: Position): HoldingKey {
    return this.holdings.holdingOf(position)
  }

  /** Less of a holding is held than is owned. */
  lacks(key: HoldingKey): boolean {
    return this.holdings.lacks(key)
  }

  /** Whether all that is held of a holding, by its last report, belongs to this open position. */
  isAloneInHolding(id: PositionId): boolean {
    const group = this.groupOf(id)
    return group?.isShared === false && group.balance.isWhole && group.balance.spare === 0
  }

  /** Whether two reports by name, `apartMs` apart and both of `since` (epoch ms) or later, show all that is owned. */
  isWholeSince(id: PositionId, { since, apartMs }: { since: number; apartMs: number }): boolean {
    const group = this.groupOf(id)
    const side = this.positionOf(id)?.side
    if (group === undefined || side === undefined || !group.balance.isWhole) return false
    return isReportedTwice(group.held(side)?.named, since, apartMs)
  }

  /** The holding that an open position is a part of. */
  private groupOf(id: PositionId): HoldingGroup | undefined {
    const open = this.holdings.current(id)
    return open && this.holdings.groupOf(open.position, 0)
  }

  /** The generation of an open position; undefined where none is open. */
  generationOf(id: PositionId): number | undefined {
    return this.holdings.current(id)?.generation
  }

  /** The holding that an open position is a part of; undefined where it is not open. */
  holdingOf(id: PositionId): HoldingKey | undefined {
    return this.holdings.keyOf(id)
  }

  /** The last report on the holding of an open position; undefined: it is not known, or not open. */
  heldOf(id: PositionId): HoldingGroup['known'] {
    return this.holdings.knownOf(id)
  }

  /**
   * A position opens: this generation owns a share of its holding. Returns the exit that uses that
   * holding as evidence.
   */
  own(position: Position, entry: { generation: number; now: number }): PositionId | undefined {
    this.holdings.own(position, entry)
    return this.lockHolderBeside(position.id)
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
    this.holdings.outside.formerlyElsewhere(position, endedAt)
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
    const beside = this.lockHolderBeside(id)
    const record = this.exits.record(id)
    const left = current === undefined ? position.quantity : this.leftOf(id)
    this.holdings.freed(position, left, now)
    if (record === undefined) {
      this.disown(position, { left, now })
      return beside
    }
    const calls = [...this.exits.callsOf(id)]
    const group = this.holdings.groupOf(position, now)
    const underWay = isAlive(record) ? Math.min(left, underWayOf(record)) : 0
    this.exits.remove(id)
    this.released.take(record, { position, group, now, calls })
    if (hasSent(record)) this.holdings.outside.formerly(position, now)
    this.holdings.disown(position, { left: difference(left, underWay), now })
    return beside
  }

  /** Continues the exit of a released position that an earlier process tracked. */
  restoreReleased(record: ExitRecord, position: Position, now: number): void {
    const left = difference(remainingOf(record), isAlive(record) ? underWayOf(record) : 0)
    this.holdings.outside.formerlyElsewhere(position, now)
    this.holdings.disown(position, { left, now })
    this.released.restore(record, { position, group: this.holdings.groupOf(position, now), now })
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

  /** Every exit that may have an order at the venue, those of released positions too. */
  *records(): Iterable<ExitRecord> {
    yield* this.exits.records()
    for (const { record } of this.released.all()) yield record
  }

  /** A new cycle, at `now` (epoch ms): a holding that is unknown for long is reported. */
  cycle(now: number): void {
    this.exits.cycle(now)
    this.released.cycle(now)
    const { loudAfterMs } = this.settings
    for (const notice of this.unknown.overdue(this.holdings.all(), now, loudAfterMs)) {
      this.options.notify(notice)
    }
  }

  /** The holdings that must be asked for by name whatever the exits want. */
  doubtful(): readonly HoldingKey[] {
    return [...this.holdings.all()].filter(group => group.isInDoubt).map(({ key }) => key)
  }

  /** Takes a report on a holding; returns the affected exits that can still make progress. */
  reported(
    key: HoldingKey,
    report: HoldingReport,
    asked: { askedAt: number; isNamed: boolean; now: number },
  ): Iterable<PositionId> {
    this.exits.settleLocks(asked.now)
    const { group, lost } = this.holdings.take(key, report, asked)
    for (const [id, quantity] of lost) {
      this.faults.alone(
        `loss of ${id}`,
        () => this.lose(id, { quantity, now: asked.now }),
        undefined,
      )
    }
    return group === undefined ? [] : this.affectedBy(group, lost)
  }

  /** The exits that a report lets make progress, and those whose record it has changed. */
  private *affectedBy(
    group: HoldingGroup,
    lost: ReadonlyMap<PositionId, number>,
  ): Iterable<PositionId> {
    const { readers, lockedBy } = group
    const changed = lockedBy === undefined ? lost.keys() : new Set([...lost.keys(), lockedBy])
    for (const id of changed) if (this.exits.record(id) !== undefined) yield id
    const isEvidence = isHoldingEvidence(this.settings.capabilities)
    yield* readers.ids(() => !isEvidence || group.lockedBy === undefined)
  }

  /**
   * Takes the list of all holdings, requested at `askedAt`. A missing holding proves nothing: such
   * holdings are returned, to be queried by name. `affected` are the exits that the list affects.
   */
  heldAll(
    holdings: readonly Holding[],
    asked: { askedAt: number; now: number },
  ): { readonly lacking: readonly HoldingKey[]; readonly affected: Iterable<PositionId> } {
    const { reports, lacking } = this.holdings.sort(holdings, asked.askedAt)
    const affected = reports.map(({ key, report }) =>
      this.reported(key, report, { ...asked, isNamed: false }),
    )
    return { lacking, affected: oneByOne(affected) }
  }

  /** Takes the list of all working orders of the account, asked for at `askedAt`. */
  listed(orders: readonly Listed[], { askedAt, now }: { askedAt: number; now: number }): void {
    const open = new Set(orders.map(({ clientOrderId }) => clientOrderId))
    const strangers = this.late.listed(open, [...this.records()], { askedAt, now })
    for (const clientOrderId of strangers) {
      this.options.notify({ kind: 'second-guard', clientOrderId })
    }
    for (const order of this.released.all()) {
      const { clientOrderId: id } = order.record.order
      if (!open.has(id)) this.released.happened(order, { kind: 'not-listed', id, askedAt, at: now })
    }
    const records = [...this.exits.records()]
    for (const record of records) {
      this.listedPast(record, open, { askedAt, at: now })
      const { clientOrderId: id } = record.order
      const lacked = { kind: 'not-listed', id, askedAt, at: now } as const
      if (!open.has(id)) this.exits.happened(record.positionId, lacked)
      const reserved = reservedBy(record, orders)
      if (reserved !== undefined) this.options.notify(reserved)
    }
  }

  /** What a list of all working orders says of those of an exit's earlier attempts. */
  private listedPast(
    { positionId, pastOrders }: ExitRecord,
    open: ReadonlySet<string | null>,
    asked: { askedAt: number; at: number },
  ): void {
    for (const { clientOrderId, executed, isWorking = false, isNet } of pastOrders) {
      if (isNet === true) continue
      const isListed = open.has(clientOrderId)
      if (isListed === isWorking) continue
      const id = clientOrderId as ClientOrderId
      const order: OrderState = isListed ? { kind: 'working', executed } : { kind: 'absent' }
      this.exits.happened(positionId, { kind: 'seen', id, order, by: 'stream', ...asked })
    }
  }

  /** The exit of another position in the same holding whose evidence that is. */
  private lockHolderBeside(id: PositionId): PositionId | undefined {
    const current = this.holdings.current(id)
    const holder = current && this.holdings.groupOf(current.position, 0).lockedBy
    return holder === id ? undefined : holder
  }

  private lose(id: PositionId, { quantity, now }: { quantity: number; now: number }): void {
    this.holdings.lose(id, quantity)
    const beside = this.lockHolderBeside(id)
    const by = { kind: 'released', quantity } as const
    if (beside !== undefined) this.exits.happened(beside, { kind: 'drifted', by, at: now })
    const isExiting = this.exits.record(id) !== undefined
    this.exits.happened(id, { kind: 'shrunk', by: quantity, at: now })
    const left = this.leftOf(id)
    const key = this.holdings.keyOf(id)
    const takenBy = key === undefined ? [] : this.late.takersOf(key, quantity, now)
    const notice = { positionId: id, lost: quantity, ...(takenBy.length > 0 && { takenBy }) }
    if (left > 0) this.options.notify({ kind: 'position-shrunk', ...notice, left })
    else if (!isExiting) this.options.notify({ kind: 'position-gone', ...notice })
  }

  private shareOf({ id, side, openedAt }: Position): Share {
    const record = this.exits.record(id)
    const owned = this.leftOf(id)
    const isAtVenue = record !== undefined && isAlive(record)
    const underWay = isAtVenue ? Math.min(owned, underWayOf(record)) : 0
    return { positionId: id, side, openedAt, owned, underWay }
  }

  private leftOf(id: PositionId): number {
    const record = this.exits.record(id)
    if (record === undefined) return this.holdings.current(id)?.owned ?? 0
    return isOver(record) ? 0 : remainingOf(record)
  }

  /** A closed position must not block anything. */
  private forgetFaults(id: PositionId): void {
    for (const what of ['own', 'intent of', 'exit of', 'loss of', 'cycle of'])
      this.faults.forget(`${what} ${id}`)
  }

  private disown(position: Position, { left, now }: { left: number; now: number }): void {
    this.forgetFaults(position.id)
    const record = this.exits.remove(position.id)
    const isSent = record !== undefined && hasSent(record)
    if (isSent) this.holdings.outside.formerly(position, now)
    this.holdings.disown(position, { left, now })
    if (isSent) this.late.ended(record, position, now)
    else if (record !== undefined) this.late.forget(record)
  }

  /** The exits that are not over, each with its position. */
  private *open(): Iterable<{ readonly record: ExitRecord; readonly position: Position }> {
    for (const record of this.exits.records()) {
      const current = this.holdings.current(record.positionId)
      if (current !== undefined) yield { record, position: current.position }
    }
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
    this.holdings.outside.formerly(position, now)
    this.holdings.letGo(position, leftOfReleased(order))
    this.late.ended(record, position, now)
  }
}

function* oneByOne<Item>(lists: readonly Iterable<Item>[]): Iterable<Item> {
  for (const list of lists) yield* list
}
