import { difference } from '../domain/decimal.ts'
import { generationName, type GenerationKey, type PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { eventOf, type Action } from './action.ts'
import { actionsFor } from './actions.ts'
import type { Circumstances, ExitsOptions } from './circumstances.ts'
import { LATE_MS } from './closed-holdings.ts'
import type { ExitEvent } from './events.ts'
import { beginCalls, type CallKind } from './exit-calls.ts'
import { isFollowed } from './exit-state.ts'
import { follow } from './exit-transitions.ts'
import type { HoldingGroup } from './holding-group.ts'
import { MOST_ACTIONS_AT_ONCE } from './next-actions.ts'
import { bookedOf, endedExitOf } from './past-orders.ts'
import { circumstancesOf } from './present-circumstances.ts'
import { inLots } from './reading.ts'
import { completed, doubted, isAlive, type ExitRecord } from './record.ts'
import { recovered } from './recovery.ts'
import { isHoldingEvidence, proofMs } from './settings.ts'
import { executedOf, underWayOf } from './shares.ts'

/** An order of a released position that may still be executed, and what is under way for it. */
export interface FollowedOrder {
  /** Of the position's generation: two generations of one id may both be followed. */
  readonly name: string
  readonly position: Position
  readonly group: HoldingGroup
  readonly takenUpAt: number
  record: ExitRecord
  /** Units that it may have executed without our knowing when its position was released. */
  readonly units: number
  /** Units that the exit was known to have executed then. */
  readonly executedBefore: number
  /** Calls that have not ended yet, and those made since the last cycle. */
  readonly underWay: Set<CallKind>
  readonly made: Set<CallKind>
  isUnprovedReported: boolean
  /** The other exits of the holding wait for its end. */
  isAwaited: boolean
}

/**
 * The exits of released positions whose orders may still be executed. Nothing is sent for them any
 * more: each is cancelled, and followed until it is proved to be over. Changes itself.
 */
export class ReleasedExits {
  private readonly options: ExitsOptions
  private readonly over: (order: FollowedOrder, now: number) => void
  private readonly orders = new Map<string, FollowedOrder>()

  /** `over`: an order is over, and its holding is free of it. */
  constructor(options: ExitsOptions, over: (order: FollowedOrder, now: number) => void) {
    this.options = options
    this.over = over
  }

  all(): readonly FollowedOrder[] {
    return [...this.orders.values()]
  }

  /** The order of that generation of a position. */
  of(key: GenerationKey): FollowedOrder | undefined {
    return this.orders.get(releasedName(key))
  }

  /** The order with that client order id, or with one of an earlier attempt. */
  owner(clientOrderId: string): FollowedOrder | undefined {
    return this.all().find(
      ({ record: { order, pastOrders } }) =>
        order.clientOrderId === clientOrderId ||
        pastOrders.some(each => each.clientOrderId === clientOrderId),
    )
  }

  /** Takes the exit of a position that is released at `now` (epoch ms), with the calls under way. */
  take(
    record: ExitRecord,
    taken: { position: Position; group: HoldingGroup; now: number; calls: Iterable<CallKind> },
  ): void {
    const { position, group, now, calls } = taken
    const isKnowable = record.state.kind === 'sending' || isFollowed(record.state)
    const known = isKnowable ? record : doubted(record, now, 'released')
    // A person may trade what is held: it is no evidence any more.
    const unseen = { ...known, heldBefore: null }
    const order: FollowedOrder = {
      name: releasedName(record),
      position,
      group,
      takenUpAt: now,
      units: isAlive(record) ? underWayOf(record) : 0,
      executedBefore: executedOf(record),
      record: isAlive(record) ? unseen : record,
      underWay: new Set(calls),
      made: new Set(),
      isUnprovedReported: false,
      isAwaited: true,
    }
    this.orders.set(order.name, order)
    group.retain(order.name, () => this.shareOf(order), now)
    const hasEvidence = isHoldingEvidence(this.options.settings.capabilities)
    // While it may execute something, no other exit can learn by the holding what became of its own.
    if (hasEvidence && isAlive(record) && group.lockedBy === undefined) {
      group.lock(order.name as PositionId, record.heldBefore ?? 0, now)
    }
    this.endWhereOver(order, now)
  }

  /** Takes up an exit that an earlier process was following. */
  restore(
    stored: ExitRecord,
    taken: { position: Position; group: HoldingGroup; now: number },
  ): void {
    const kept = completed(stored)
    const owned = kept.quantity
    const record = recovered(kept, { now: taken.now, owned }, this.options.settings)
    taken.group.restored(taken.now)
    this.take(record, { ...taken, calls: [] })
  }

  /** A new cycle, at `now` (epoch ms): what was asked before may be asked again. */
  cycle(now: number): void {
    for (const order of this.all()) {
      const report = (): void => this.reportWait(order, now)
      this.options.faults.alone(`cycle of ${order.name}`, report, undefined)
    }
  }

  private reportWait(order: FollowedOrder, now: number): void {
    const { notify, settings } = this.options
    order.made.clear()
    const { state, decision, steps, exists } = order.record
    // Neither a look-up, nor its cancel, nor a list may ever end it: a person must hear of that.
    const forMs = now - order.takenUpAt
    if (forMs >= settings.loudAfterMs && !order.isUnprovedReported) {
      order.isUnprovedReported = true
      const { clientOrderId } = order.record.order
      notify({ kind: 'exit-unproved', decision, clientOrderId, forMs, steps })
    }
    // From now on the other exits of the holding count with what it may execute, instead of waiting for it.
    if (forMs >= settings.loudAfterMs) {
      order.isAwaited = false
      if (order.group.lockedBy === order.name) order.group.unlock()
    }
    if (!isFollowed(state)) return
    // One that the venue has shown is over when it works no more; another one may still arrive.
    const waitMs = exists ? 2 * proofMs(settings.capabilities) : LATE_MS
    if (state.notOpenAt !== undefined && now - state.notOpenAt >= waitMs) this.end(order, now)
  }

  /** Orders that nothing has ended since they were taken up, and for how long at `now` (epoch ms). */
  *unended(now: number): Iterable<{ readonly positionId: PositionId; readonly forMs: number }> {
    for (const { record, takenUpAt } of this.orders.values())
      yield { positionId: record.positionId, forMs: now - takenUpAt }
  }

  /** Takes what is to be called for an order now: each call counts as begun. */
  takeDue(order: FollowedOrder, allowed: { now: number; mayCancel: boolean }): readonly CallKind[] {
    for (let count = 0; count < MOST_ACTIONS_AT_ONCE; count++) {
      if (!this.orders.has(order.name)) return []
      const around = circumstancesOf(order, { ...allowed, maySend: false }, this.options)
      const actions = actionsAfterRelease(order.record, around)
      const known = actions
        .map(action => eventOf(action, allowed.now))
        .find(event => event !== undefined)
      if (known === undefined) return begin(order, actions)
      this.happened(order, known)
    }
    return []
  }

  /** A call for an order has ended; `event` says what was learned by it. */
  ended(order: FollowedOrder, call: CallKind, event: ExitEvent | undefined): void {
    order.underWay.delete(call)
    if (event !== undefined) this.happened(order, event)
  }

  /** Takes an event of an order. */
  happened(order: FollowedOrder, event: ExitEvent): void {
    const before = order.record
    const { settings, specOf } = this.options
    const { lot } = specOf(order.position.instrument)
    const record = follow(before, inLots(event, lot), settings)
    if (record === before || !this.orders.has(order.name)) return
    order.record = record
    const executed = difference(executedOf(record), executedOf(before))
    if (executed > 0 || isAlive(record) !== isAlive(before)) {
      order.group.changed(order.name as PositionId, { executed, now: event.at })
    }
    this.endWhereOver(order, event.at)
  }

  private endWhereOver(order: FollowedOrder, now: number): void {
    if (!isAlive(order.record)) this.end(order, now)
  }

  private end(order: FollowedOrder, now: number): void {
    const { name, group, position, record } = order
    this.orders.delete(name)
    if (group.lockedBy === name) group.unlock()
    group.letGo(name, now)
    this.over(order, now)
    const { generation, decision } = record
    const { attempts, orders } = endedExitOf(record, now)
    const ended = { generation, position, decision, attempts, orders, executed: bookedOf(record) }
    this.options.notify({
      kind: 'released-order-over',
      clientOrderId: record.order.clientOrderId,
      steps: record.steps,
      wasDoubted: record.wasDoubted,
      ...ended,
    })
  }

  /**
   * All that it may still execute is under way, and belongs to no position before it is over. What the holding
   * lacks is taken from others first while they wait for its end, and counts as executed by it from then on: an
   * order that nothing ends must not keep a position from what is held still.
   */
  private shareOf({ name, position: { side }, record, isAwaited }: FollowedOrder) {
    const underWay = underWayOf(record)
    const openedAt = isAwaited ? -Infinity : Infinity
    return { positionId: name as PositionId, side, openedAt, owned: underWay, underWay }
  }
}

/** Units that it was to execute when its position was released, and did not. */
export const unexecutedOf = ({ units, executedBefore, record }: FollowedOrder): number =>
  Math.max(0, difference(units, difference(executedOf(record), executedBefore)))

const releasedName = (key: GenerationKey): string => `released ${generationName(key)}`

/** What is to be done for an order whose position was released: nothing is sent, all else is. */
function actionsAfterRelease(record: ExitRecord, around: Circumstances): readonly Action[] {
  const actions = actionsFor(record, around).filter(
    action => action.kind !== 'untouched' || action.isProof,
  )
  const mustCancel = around.mayCancel && isFollowed(record.state)
  const isCancelled = actions.some(({ kind }) => kind === 'cancel')
  return mustCancel && !isCancelled ? [...actions, { kind: 'cancel' }] : actions
}

function begin(order: FollowedOrder, actions: readonly Action[]): readonly CallKind[] {
  const kinds = actions.map(action => action.kind as CallKind)
  return beginCalls(
    kinds.filter(kind => kind !== 'send' && kind !== 'save'),
    order,
  )
}
